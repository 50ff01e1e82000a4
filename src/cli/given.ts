// What commands are given, in the forms that several of them take.
import { Failure } from '../app/failure.ts'
import type { CommandInput } from './command.ts'

/** An option that a command cannot do without. @throws Failure where it is missing */
export function needed({ texts }: CommandInput, name: string): string {
  const text = texts[name]
  if (text === undefined) throw new Failure(`--${name} is missing`, 2)
  return text
}

/** The option of that name, `KEY=VALUE` as often as it stands; the value may hold a `=`. @throws Failure for another form */
export function pairsOf(name: string, texts: readonly string[] = []): readonly (readonly [string, string])[] {
  return texts.map((text) => {
    const [key = '', ...value] = text.split('=')
    if (key === '' || value.length === 0) throw new Failure(`--${name}: ${text} is not KEY=VALUE`, 2)
    return [key, value.join('=')]
  })
}

/** `--tag KEY=VALUE`, as AWS's APIs have tags. @throws Failure */
export const tagsOf = ({ lists }: CommandInput) => pairsOf('tag', lists.tag).map(([Key, Value]) => ({ Key, Value }))
