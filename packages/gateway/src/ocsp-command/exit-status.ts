/** What a run came to, in one word. */
export type CommandVerdict = 'good' | 'not_good' | 'could_not_tell'

/** Only what a verified response says can be good; what cannot be asked or read is never good by another name. */
export const exitStatus = { good: 0, not_good: 1, could_not_tell: 2 } as const satisfies Record<CommandVerdict, number>
