// A finding of doctor: what it checked, what it found, and what to do about it. `doctor --json` prints it as it is.

export interface Finding {
  /** What was checked: `master key`. */
  readonly about: string
  /** `bad` makes the command fail; `note` does not. */
  readonly state: 'good' | 'note' | 'bad'
  /** What doctor found. */
  readonly says: string
  /** What the operator should do. */
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
