import { setFlagsFromString } from 'node:v8'
import { createContext, Script } from 'node:vm'

const timeLimitMs = 20
/** In a text of this length what is simple ends in a few milliseconds at worst. */
const simpleTextLength = 1024
const mostOptional = 4

/**
 * A regular expression of JavaScript whose time no text can blow up. What V8's linear engine can run goes to it as soon
 * as backtracking gets out of hand. The rest (look-around, back-references, great counts) runs with a time limit where
 * it could take long, and throws when it is exceeded: the request fails, whatever a match or none would have meant for it.
 */
export function boundedPattern (source: string, flags: string): RegExp {
  enableLinearEngine()
  return isLinear(source, flags) ? new RegExp(source, flags) : new TimedPattern(source, flags)
}

export class PatternTimeout extends Error {
  override readonly name = 'PatternTimeout'
  constructor () { super('a regular expression took too long for what the client sent') }
}

let isEnabled = false

// Flags of V8 are the process's, so every expression of it gains by the first.
function enableLinearEngine (): void {
  if (isEnabled) return
  isEnabled = true
  setFlagsFromString('--enable-experimental-regexp-engine') // lets an expression ask for it, which is how isLinear knows
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')
}

function isLinear (source: string, flags: string): boolean {
  try {
    return new RegExp(source, `${flags}l`) instanceof RegExp
  } catch {
    return false
  }
}

class TimedPattern extends RegExp {
  readonly #isSimple: boolean

  constructor (source: string | RegExp, flags?: string) {
    super(source, flags)
    this.#isSimple = isSimple(this.source)
  }

  // What `test`, `replace` and the others call.
  override exec (text: string): RegExpExecArray | null {
    if (this.#isSimple && text.length <= simpleTextLength) return super.exec(text)
    return withinTimeLimit(() => super.exec(text))
  }
}

/** No group is repeated and at most one atom is, so the steps grow with the square of the text. */
function isSimple (source: string): boolean {
  const plain = source.replace(/\\[\s\S]/g, 'x').replace(/\[(?:[^\]])*\]/g, 'x')
  const repeats = plain.match(/[*+]|\{\d+,\d*\}/g)?.length ?? 0
  const optional = plain.match(/(?<![*+?}(])\?/g)?.length ?? 0
  return repeats <= 1 && optional <= mostOptional && !/\)[*+?{]/.test(plain)
}

const callJob = new Script('job()')
let surroundings: { job?: () => unknown } | undefined

// `vm` can stop what runs, an expression included; that is all it is here for.
function withinTimeLimit<Result> (job: () => Result): Result {
  surroundings ??= createContext({}) as { job?: () => unknown }
  surroundings.job = job
  try {
    return callJob.runInContext(surroundings, { timeout: timeLimitMs }) as Result
  } catch (err) {
    if ((err as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new PatternTimeout() // an Error of the other realm
    throw err
  } finally {
    delete surroundings.job
  }
}
