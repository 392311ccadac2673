/** XML of a value of JSON: a member is an element, of a list each item is one. */
export function toXml (name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map(item => toXml(name, item)).join('')
  const tag = /^[A-Za-z_][\w.-]*$/.test(name) ? name : '_'
  if (typeof value !== 'object' || value === null) return `<${tag}>${escaped(value === null ? '' : String(value))}</${tag}>`
  return `<${tag}>${Object.entries(value).map(([member, inner]) => toXml(member, inner)).join('')}</${tag}>`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

function escaped (text: string): string {
  return text.replace(/[&<>]/g, char => entities[char] ?? char)
}
