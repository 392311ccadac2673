const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** An instant in nginx's notations, in the time zone of the machine; made once a second, as most requests share one. */
export class TimeTexts {
  static #last = new TimeTexts(0)

  /** `10/Oct/2000:13:55:36 -0700` */
  readonly local: string
  /** `2000-10-10T13:55:36-07:00` */
  readonly iso8601: string
  readonly #second: number

  private constructor (second: number) {
    const date = new Date(second * 1000)
    const day = twoDigits(date.getDate())
    const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':')
    const offset = -date.getTimezoneOffset()
    const sign = offset < 0 ? '-' : '+'
    const [hours, minutes] = [twoDigits(Math.floor(Math.abs(offset) / 60)), twoDigits(Math.abs(offset) % 60)]
    this.#second = second
    this.local = `${day}/${months[date.getMonth()] ?? ''}/${date.getFullYear()}:${time} ${sign}${hours}${minutes}`
    this.iso8601 = `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${day}T${time}${sign}${hours}:${minutes}`
  }

  /** @param atMs - epoch milliseconds */
  static at (atMs: number): TimeTexts {
    const second = Math.floor(atMs / 1000)
    if (TimeTexts.#last.#second !== second) TimeTexts.#last = new TimeTexts(second)
    return TimeTexts.#last
  }
}

/** Seconds with the milliseconds behind a point, as nginx writes its durations. */
export function seconds (durationMs: number): string {
  return (durationMs / 1000).toFixed(3)
}

function twoDigits (value: number): string {
  return String(value).padStart(2, '0')
}
