/**
 * The source of an expression that takes the letters a to z in either case by itself, without the flag `i`: V8's linear
 * engine does not know that flag. As PCRE does without its own flag for Unicode, it leaves all other letters as they are.
 *
 * @param source - of a JavaScript expression without the flags `u` and `v`, and without back-references
 */
export function foldCase (source: string): string {
  let folded = ''
  let isInside = false
  for (let at = 0; at < source.length;) {
    const text = isInside ? null : take(/\(\?<(?![=!])[^>]*>/y, source, at)
    if (text !== null) {
      folded += text
      at += text.length
      continue
    }
    const atom = atomAt(source, at)
    at += atom.text.length
    if (!isInside) {
      isInside = atom.text === '['
      folded += atom.code !== undefined && isLetter(atom.code) ? `[${bothCases(atom.code, atom.code)}]` : atom.text
      continue
    }
    if (atom.text === ']') {
      isInside = false
      folded += ']'
      continue
    }
    const range = atom.code === undefined ? null : take(/-(?!\])/y, source, at)
    const last = range === null ? undefined : atomAt(source, at + 1)
    if (atom.code === undefined || (last !== undefined && last.code === undefined)) {
      folded += atom.text
      continue
    }
    if (last !== undefined) at += 1 + last.text.length
    folded += (last === undefined ? atom.text : `${atom.text}-${last.text}`) + otherCases(atom.code, last?.code ?? atom.code)
  }
  return folded
}

interface Atom {
  readonly text: string
  /** Of the one character that it stands for. */
  readonly code: number | undefined
}

function atomAt (source: string, at: number): Atom {
  const hexadecimal = take(/\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})/y, source, at)
  if (hexadecimal !== null) return { text: hexadecimal, code: Number.parseInt(hexadecimal.slice(2), 16) }
  const escape = take(/\\(?:c[a-zA-Z]|[\s\S])/y, source, at)
  if (escape !== null) return { text: escape, code: /^\\[^a-zA-Z0-9]$/.test(escape) ? escape.charCodeAt(1) : undefined }
  return { text: source.charAt(at), code: source.charCodeAt(at) }
}

function bothCases (first: number, last: number): string {
  return String.fromCharCode(first) + otherCases(first, last)
}

/** The letters of a range in their other case. */
function otherCases (first: number, last: number): string {
  return shifted(Math.max(first, 0x41), Math.min(last, 0x5a), 0x20) + shifted(Math.max(first, 0x61), Math.min(last, 0x7a), -0x20)
}

function shifted (first: number, last: number, by: number): string {
  if (first > last) return ''
  const start = String.fromCharCode(first + by)
  return first === last ? start : `${start}-${String.fromCharCode(last + by)}`
}

function isLetter (code: number): boolean {
  return otherCases(code, code) !== ''
}

function take (sticky: RegExp, source: string, at: number): string | null {
  sticky.lastIndex = at
  return sticky.exec(source)?.[0] ?? null
}
