import { compileCountingTemplate, type TemplateContext } from '../template/compile-template.ts'

export interface LimiterKey {
  /** The name of a variable, a template of which one variable at least has to resolve, or the value itself. */
  readonly kind: 'var' | 'var_combination' | 'constant'
  readonly text: string
}

/** What requests are told apart by (plugins.md 2.3); undefined when it is absent. A value that is empty is one. */
export function compileLimiterKey ({ kind, text }: LimiterKey): (context: TemplateContext) => string | undefined {
  switch (kind) {
    case 'var': return context => context.variable(text)
    case 'constant': return () => text
    case 'var_combination': {
      const render = compileCountingTemplate(text)
      return context => {
        const { text, resolved } = render(context)
        return resolved === 0 ? undefined : text
      }
    }
  }
}
