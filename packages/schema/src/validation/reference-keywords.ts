import { _, type Ajv, type CodeKeywordDefinition } from 'ajv'
import { isSecretReference } from '../secret-reference.ts'

/** The keywords that say something about a string. `type` is not among them: where no string is wanted, no reference is. */
const keywords = ['minLength', 'maxLength', 'pattern', 'format', 'enum', 'const', 'allOf', 'anyOf', 'oneOf', 'not', 'if']

/**
 * Makes an Ajv leave secret references alone: whatever a schema says of a string, a reference passes, also inside the
 * branches of a choice. What it stands for is checked when it is resolved.
 */
export function exemptReferences (ajv: Ajv): void {
  for (const keyword of keywords) {
    const definition = ajv.getKeyword(keyword) as CodeKeywordDefinition // these are Ajv's own, and those are made of code
    ajv.removeKeyword(keyword)
    ajv.addKeyword({
      ...definition,
      keyword, // Ajv's own share a definition between `minLength` and `maxLength`
      code (context, ruleType) {
        const isReference = context.gen.scopeValue('func', { ref: isSecretReference })
        context.gen.if(_`typeof ${context.data} != "string" || !${isReference}(${context.data})`, () => { definition.code(context, ruleType) })
      }
    })
  }
}
