// The demonstration's people, as its company directory would have them.

export interface Person {
  /** Their `sub` at the identity provider. */
  readonly name: string
  readonly email: string
  readonly team: string
}

/** Users of a seed's account who can sign in: those with the tags `team` and `email`. */
export function peopleOf(
  users: readonly {
    readonly name: string
    readonly tags: readonly { readonly Key: string; readonly Value: string }[]
  }[],
): readonly Person[] {
  return users.flatMap(({ name, tags }) => {
    const { email, team } = Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))
    return email === undefined || team === undefined ? [] : [{ name, email, team }]
  })
}

/** The display name: `Alice` for `alice`. */
export const called = ({ name }: Person) => name.charAt(0).toUpperCase() + name.slice(1)
