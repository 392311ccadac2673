/** One thing that the README tells its reader to type, and what it says will be seen. */
export interface ReadmeStep {
  readonly heading: string
  readonly commands: string
  /** Lines that the output has, in this order, each at least as a part of a line. */
  readonly expected: readonly string[]
}

/** The `bash` blocks of a Markdown text in their order, each with the `text` block behind it. */
export function readSteps (markdown: string): ReadmeStep[] {
  const steps: Array<{ heading: string, commands: string, expected: readonly string[] }> = []
  const part = /^(#+ .*)$|^```(\w+)\n([^]*?)^```$/gm
  let heading = ''
  for (const [, title, language, text = ''] of markdown.matchAll(part)) {
    if (title !== undefined) heading = title.replace(/^#+ /, '')
    else if (language === 'bash') steps.push({ heading, commands: text, expected: [] })
    else if (language === 'text') {
      const last = steps.at(-1)
      if (last !== undefined) last.expected = text.trim().split('\n')
    }
  }
  return steps
}

/** What is missing from an output; undefined when every expected line came, in its order. */
export function missingFrom (output: string, expected: readonly string[]): string | undefined {
  let at = 0
  for (const line of expected) {
    const found = output.indexOf(line.trim(), at)
    if (found === -1) return line
    at = found + line.trim().length
  }
  return undefined
}
