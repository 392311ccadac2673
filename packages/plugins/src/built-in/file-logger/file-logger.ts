import { Type } from '@sinclair/typebox'
import type { Plugin } from '../../contract/plugin.ts'
import { findBadExpression } from '../../expression/checked-expression.ts'
import { compileExpression } from '../../expression/compile-expression.ts'
import type { ExpressionTest } from '../../expression/operators.ts'
import { bodyConditionFault } from '../../log-entry/body-conditions.ts'
import { createEntryBuilder } from '../../log-entry/entry-builder.ts'
import { bodyFields, logFormatFields, logMetadataFields } from '../../log-entry/schema.ts'
import { placeOf } from './place.ts'
import { CurrentFile, noPath } from './current-file.ts'

const path = Type.Optional(Type.String({ minLength: 1 }))

const schema = Type.Object({
  path,
  match: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 20 })),
  ...logFormatFields,
  ...bodyFields
})

const attrSchema = Type.Object({
  base_dir: Type.Optional(Type.String({ pattern: '^/', description: 'the folder below which every file must be, and where relative paths begin; left out: any file that the gateway may write' }))
}, { additionalProperties: false })

/** Appends an entry for every request to a file, one JSON object a line. */
export default {
  name: 'file-logger',
  version: 0.1,
  priority: 399,
  schema,
  attrSchema,
  metadataSchema: Type.Object({ path, ...logMetadataFields }),

  check (conf, { base_dir: baseDir }) {
    const place = conf.path === undefined ? undefined : placeOf(conf.path, baseDir)
    if (place?.kind === 'refused') return `property "path" validation failed: ${place.reason}`
    return findBadExpression('match', conf.match ?? []) ?? bodyConditionFault(conf)
  },

  checkWithMetadata: (conf, metadata) => conf['path'] === undefined && metadata?.['path'] === undefined ? noPath : undefined,

  create (conf, host, scope) {
    const entries = createEntryBuilder(conf, host)
    const isWanted = anyOf(conf.match)
    const file = new CurrentFile(host, scope)
    return {
      ...entries.phases,
      log (context, outcome) {
        if (isWanted(context)) file.of(conf.path ?? host.metadata()?.['path'])?.write(`${JSON.stringify(entries.build(context, outcome))}\n`)
      },
      close: () => file.close()
    }
  }
} satisfies Plugin<typeof schema, typeof attrSchema>

function anyOf (match: readonly unknown[] | undefined): ExpressionTest {
  if (match === undefined) return () => true
  const tests = match.map(compileExpression).flatMap(compiled => compiled.kind === 'expression' ? [compiled.test] : [])
  return source => tests.some(test => test(source))
}
