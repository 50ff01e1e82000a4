// Reads members of the `people:` section that several of its parts have: names, addresses, secrets, and the files that the section
// names. Servers never open those files: the command reads them and sends their text with the section.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { MemberReaders, Section } from '../../../../config/yaml-members.ts'
import { isAccountId } from '../../../../core/arn.ts'
import { foldCase } from '../../../../core/case-fold.ts'
import { Secret } from '../../../../core/secret.ts'
import { isOwnTagKey, isTagValue, MOST_SESSION_TAGS } from '../../../../core/tag-texts.ts'

/** What the command sends with a file's text. */
export interface Given {
  /** Text of the files that the section names, by the name as it is written there. */
  readonly files: ReadonlyMap<string, string>
  /** Values of the variables that the section names. */
  readonly environment: ReadonlyMap<string, string>
}

export interface ReadingOptions {
  readonly read: MemberReaders
  readonly given: Given
  /** Development's store: then servers on this machine may be spoken to without TLS. */
  readonly development: boolean
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])
const NAME = /^[a-z][a-z0-9-]{0,30}$/

export type Reading = ReturnType<typeof createReading>

export function createReading({ read, given, development }: ReadingOptions) {
  const { problem, wrong, text } = read

  /** The text of the file that a member names. */
  function file(section: Section, name: string): string | undefined {
    const path = text(section, name)
    if (path === undefined) return undefined
    const contents = given.files.get(path)
    if (contents === undefined) problem(section, name, 'the command did not send this file')
    return contents
  }

  /** What of a member's text is no good; the text itself where it is good. */
  function checked(section: Section, name: string, is: (text: string) => boolean, expected: string, required?: 'must') {
    const value = text(section, name, required)
    if (value === undefined || is(value)) return value
    wrong(section, name, expected)
    return undefined
  }

  return {
    ...read,
    development,
    checked,
    /** The name of a connector or target. */
    name: (section: Section): string =>
      checked(
        section,
        'name',
        (value) => NAME.test(value),
        'a lower-case letter and then at most 30 of a-z, 0-9 and -',
        'must',
      ) ?? '',
    account: (section: Section, name: string, required?: 'must') =>
      checked(section, name, isAccountId, '12 digits, in quotes', required),
    accounts(section: Section, name: string): readonly string[] {
      const ids = read.texts(section, name) ?? []
      if (!ids.every(isAccountId)) wrong(section, name, 'a list of ids of 12 digits, each in quotes')
      return ids
    },
    /** A secret from a file beside this one, or from a variable of whoever runs the command. */
    secret(section: Section, base: string): Secret | undefined {
      const [ofFile, ofVariable] = [`${base}-file`, `${base}-env`]
      if (section.members.has(ofFile) && section.members.has(ofVariable)) {
        problem(section, ofVariable, `${ofFile} is given too: one of them`)
        return undefined
      }
      const variable = text(section, ofVariable)
      const value = variable === undefined ? file(section, ofFile) : given.environment.get(variable)
      if (variable !== undefined && value === undefined)
        problem(section, ofVariable, 'the command has no such variable')
      // An editor ends a file with a line end.
      const secret = value?.replace(/\r?\n$/, '')
      if (secret === undefined) return undefined
      if (secret === '' || /[\0\r\n]/.test(secret)) {
        problem(section, variable === undefined ? ofFile : ofVariable, 'holds no secret of one line')
        return undefined
      }
      return new Secret(secret)
    },
    hasSecret: (section: Section, base: string) =>
      section.members.has(`${base}-file`) || section.members.has(`${base}-env`),
    /** PEM with certificates alone. */
    certificates(section: Section, name: string): string | undefined {
      const pem = file(section, name)
      if (pem === undefined) return undefined
      if (/PRIVATE KEY/.test(pem) || !certificatesOf(pem)) problem(section, name, 'holds no certificates in PEM')
      return pem
    },
    privateKey(section: Section, name: string): Secret | undefined {
      const pem = file(section, name)
      if (pem === undefined) return undefined
      try {
        createPrivateKey(pem)
      } catch {
        problem(section, name, 'holds no private key in PEM, without a passphrase')
      }
      return new Secret(pem)
    },
    /** An https URL; in development also http of this machine. */
    address(section: Section, name: string, absent?: string): string {
      const value = text(section, name, absent === undefined ? 'must' : undefined)
      if (value === undefined) return absent ?? ''
      const url = URL.canParse(value) ? new URL(value) : undefined
      const secure =
        url?.protocol === 'https:' || (url?.protocol === 'http:' && development && loopback.has(url.hostname))
      if (!secure || url?.username !== '' || url.password !== '' || url.hash !== '')
        wrong(section, name, 'an https URL without a user and a fragment')
      return value
    },
    /** Session tags with their values. */
    tags(section: Section, name: string): readonly { readonly Key: string; readonly Value: string }[] {
      const tags = [...read.pairs(section, name)].map(([Key, Value]) => ({ Key, Value }))
      for (const { Key, Value } of tags) {
        if (!isTagValue(Value)) problem(section, name, `the value of ${Key} is none of a session tag`)
      }
      tagKeys(
        section,
        name,
        tags.map(({ Key }) => Key),
      )
      return tags
    },
    tagKeys,
    isLoopback: (host: string) => loopback.has(host),
  }

  function tagKeys(section: Section, name: string, keys: readonly string[]): void {
    const seen = new Set<string>()
    for (const key of keys) {
      if (!isOwnTagKey(key)) problem(section, name, `${key} is no key of a session tag`)
      if (seen.has(foldCase(key)))
        problem(section, name, `${key} appears twice: keys are compared without regard to case`)
      seen.add(foldCase(key))
    }
    if (keys.length > MOST_SESSION_TAGS) problem(section, name, `at most ${MOST_SESSION_TAGS} session tags`)
  }
}

function certificatesOf(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    return blocks.length > 0 && blocks.every((block) => new X509Certificate(block) !== undefined)
  } catch {
    return false
  }
}
