import { styleText } from 'node:util'

export type Style = 'good' | 'bad' | 'unsure' | 'faint' | 'strong'

/** Marks a piece of text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

const formats = { good: 'green', bad: 'red', unsure: 'yellow', faint: 'dim', strong: 'bold' } as const

/** Colours on a terminal that has them, unless NO_COLOR is set. */
export function createPaint ({ isTTY }: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const plain = isTTY !== true || Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb'
  return (style, text) => plain ? text : styleText(formats[style], text, { validateStream: false })
}
