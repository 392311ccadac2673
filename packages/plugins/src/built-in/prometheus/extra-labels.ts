import type { RequestContext } from '../../contract/request-context.ts'
import { compileTemplate, type TemplateContext } from '../../template/compile-template.ts'

export interface ExtraLabel {
  readonly name: string
  readonly render: (context: TemplateContext) => string
}

/** `extra_labels` of one metric: `[{label: "$variable"}, ...]`. */
export function compileExtraLabels (configured: ReadonlyArray<Readonly<Record<string, string>>>): ExtraLabel[] {
  return configured.flatMap(entry => Object.entries(entry).map(([name, text]) => ({ name, render: compileTemplate(text) })))
}

export function renderExtraLabels (labels: readonly ExtraLabel[], context: RequestContext): Record<string, string> {
  const rendered: Record<string, string> = {}
  for (const { name, render } of labels) rendered[name] = render(context)
  return rendered
}
