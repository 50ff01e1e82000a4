// What the documentation prints between fences, for tests that it does what it says.
import { ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readArguments } from '../command.ts'
import { commands } from '../commands.ts'

/** A document of docs/. */
export const documentText = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')

/** A chapter of the guide, without its title. */
export function chapterOf(title: string): string {
  const [, found] = documentText('guide.md').split(`\n## ${title}\n`)
  ok(found !== undefined, title)
  return found.split('\n## ')[0] ?? ''
}

export interface Snippet {
  readonly from: string
  /** What stands behind the opening fence. */
  readonly kind: string
  readonly content: string
}

/** The snippets of texts, by where they are from. */
export const snippetsOf = (texts: Readonly<Record<string, string>>): readonly Snippet[] =>
  Object.entries(texts).flatMap(([from, all]) =>
    [...all.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, kind = '', content = '']) => ({ from, kind, content })),
  )

/** The commands of a shell's snippet, or of a profile, without comments and redirections; lines that go on are one. */
const linesOf = (content: string) =>
  content
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) =>
      line
        .replace(/(^|\s)#.*$/, '')
        .replace(/\s>.*$/, '')
        .replace(/^credential_process\s*=/, '')
        .trim(),
    )
    .filter((line) => line !== '')

/** Reads every command of ours in the snippets as it would be read, with its options, and answers how many there are. */
export async function readCommands(snippets: readonly Snippet[]): Promise<number> {
  const world = { environment: {} } as Parameters<typeof readArguments>[2]
  let count = 0
  for (const { from, content } of snippets) {
    for (const line of linesOf(content)) {
      if (!line.startsWith('hallpass ')) continue
      const words = line.split(/\s+/).slice(1)
      const command = commands
        .filter(({ name }) => `${words.join(' ')} `.startsWith(`${name} `))
        .sort((a, b) => b.name.length - a.name.length)[0]
      ok(command !== undefined, `${from}: ${line}`)
      await readArguments(command, words.slice(command.name.split(' ').length), world)
      count += 1
    }
  }
  return count
}
