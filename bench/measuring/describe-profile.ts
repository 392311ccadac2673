import type { Profile, Share } from './read-profile.ts'

const shown = 5

/** Where a worker's time went, as remarks below a table. */
export function describeProfile (what: string, { groups, own, all }: Profile): string[] {
  return [
    `Where the time of a worker goes, ${what}: ${groups.map(describeShare).join('; ')}.`,
    `Of our own code the most: ${own.slice(0, shown).map(describeShare).join('; ')}.`,
    `Of all functions the most: ${all.slice(0, shown).map(describeShare).join('; ')}.`
  ]
}

function describeShare ({ what, share }: Share): string {
  return `${what} ${(share * 100).toFixed(1)} %`
}
