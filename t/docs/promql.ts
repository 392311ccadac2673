/** One metric that an expression names, and the labels that it is narrowed down by. */
export interface Selector {
  readonly metric: string
  readonly labels: readonly string[]
}

const keywords = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'and', 'or', 'unless', 'offset', 'bool'])

/** What a PromQL expression draws on. It is taken apart, not checked: `promtool` does that where there is one. */
export function selectorsOf (expression: string): Selector[] {
  const bare = expression.replace(grouping, ' ').replace(/\[[^\]]*\]/g, ' ')
  return Array.from(bare.matchAll(/([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{(?:[^}"]|"[^"]*")*\}|\()?/g))
    .filter(([, name = '', rest = '']) => rest !== '(' && !keywords.has(name))
    .filter(({ index }) => !/[0-9$"]/.test(bare[index - 1] ?? '')) // the unit of a duration, a variable, a string
    .map(([, metric = '', braces = '']) => ({ metric, labels: Array.from(braces.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)\s*[=!]/g), ([, label = '']) => label) }))
}

/** The labels that results are grouped by. */
export function groupingsOf (expression: string): string[] {
  return Array.from(expression.matchAll(grouping), ([, labels = '']) => labels.split(',').map(label => label.trim())).flat()
}

const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g

/** Whether parentheses, brackets and braces close as they open; what stands in strings does not count. */
export function isBalanced (expression: string): boolean {
  const open: string[] = []
  for (const character of expression.replace(/"[^"]*"/g, '')) {
    if ('([{'.includes(character)) open.push(character)
    else if (')]}'.includes(character) && open.pop() !== opening[character as keyof typeof opening]) return false
  }
  return open.length === 0
}

const opening = { ')': '(', ']': '[', '}': '{' } as const
