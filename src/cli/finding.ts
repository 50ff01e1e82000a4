// What doctor finds: one thing that was looked at, and what to do about it.

export interface Finding {
  readonly about: string
  /** `bad` makes the command fail; `note` does not. */
  readonly state: 'good' | 'note' | 'bad'
  readonly says: string
  /** What to do. */
  readonly then?: string
}

export const good = (about: string, says: string): Finding => ({ about, state: 'good', says })

export const note = (about: string, says: string, then?: string): Finding => ({
  about,
  state: 'note',
  says,
  ...(then === undefined ? {} : { then }),
})

export const bad = (about: string, says: string, then: string): Finding => ({ about, state: 'bad', says, then })
