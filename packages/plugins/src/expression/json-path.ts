const name = String.raw`(?:\*|[^\s.[\]()'"*,]+)`
const selector = String.raw`(?:\*|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+|(?:-?\d+)?:(?:-?\d+)?(?::-?\d+)?|\??\([^()[\]]*\))`
const subscript = String.raw`\[\s*${selector}(?:\s*,\s*${selector})*\s*\]`
const path = new RegExp(String.raw`^(?:\.?${name}|${subscript})(?:\.{1,2}${name}|\.{0,2}${subscript})*$`)

/** Is it a JSONPath without its `$.`? `model`, `messages[*].content[?(@.type)]`, `.role` for any depth. */
export function isJsonPath (text: string): boolean {
  return path.test(text)
}
