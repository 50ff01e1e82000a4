// AWS's shared credentials and config files (AWS SDKs and Tools Reference Guide, "Shared config and credentials files").
// Hallpass writes those in a data folder, and reads a user's own.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Secret } from '../core/secret.ts'
import { isThere } from './folder.ts'
import { writeWhole } from './whole-file.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secret: Secret
  readonly token?: string
}

/** A profile's settings by name, in the order they are written. */
export type Section = Readonly<Record<string, string>>

/** The two files in a data folder. */
export const awsFiles = (data: string) => ({
  credentials: join(data, 'aws', 'credentials'),
  config: join(data, 'aws', 'config'),
})

/** The sections of a file in AWS's format; empty when there is no such file. */
export const readSections = (file: string): ReadonlyMap<string, Section> =>
  isThere(file) ? sectionsOf(readFileSync(file, 'utf8')) : new Map()

/**
 * The sections of a text in AWS's format, by the name in brackets without quotes. Names of settings are in lower case; a nested one
 * is `outer.inner`.
 */
export function sectionsOf(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Record<string, string>>()
  let current: Record<string, string> | undefined
  /** The setting without a value to which nested ones belong. */
  let outer = ''
  for (const line of text.split(/\r?\n/)) {
    const head = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)
    if (head !== null) {
      const name = (head[1] ?? '').replace(/["']/g, '').replace(/\s+/g, ' ')
      current = sections.get(name) ?? {}
      sections.set(name, current)
      outer = ''
      continue
    }
    const pair = /^(\s*)([^\s#;=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line)
    if (pair === null || current === undefined) continue
    const [, indent = '', name = '', text = ''] = pair
    // A comment begins at the start of the value, or after a blank.
    const value = text.replace(/(^|\s+)[#;].*$/, '')
    const nested = indent !== '' && outer !== ''
    if (nested) delete current[outer]
    else outer = value === '' ? name.toLowerCase() : ''
    current[nested ? `${outer}.${name.toLowerCase()}` : name.toLowerCase()] = value
  }
  return sections
}

/** Replaces a file in AWS's format. */
export function writeSections(file: string, says: string, sections: ReadonlyMap<string, Section>): void {
  const text = [...sections].map(([name, section]) => `\n${sectionText(name, section)}`)
  writeWhole(file, `# ${says}\n${text.join('')}`)
}

/** A section as such a file has it. */
export const sectionText = (name: string, section: Section): string => `[${name}]\n${settingLines(section).join('')}`

/** The lines of a section; nested settings of one name stand together. */
function settingLines(section: Section): string[] {
  let within = ''
  return Object.entries(section).flatMap(([key, value]) => {
    const [outer = '', inner] = key.split('.')
    if (inner === undefined) return [`${key} = ${value}\n`]
    const head = outer === within ? [] : [`${outer} =\n`]
    within = outer
    return [...head, `  ${inner} = ${value}\n`]
  })
}

/** Writes a web identity token beside the files of a data folder, for AWS_WEB_IDENTITY_TOKEN_FILE; returns the file's name. */
export function writeToken(data: string, name: string, token: string): string {
  const file = resolve(data, 'aws', `${name}.jwt`)
  writeWhole(file, token)
  return file
}

const credentialsSay = 'Written by hallpass. Secrets: keep this file to yourself.'

export const sectionOf = ({ accessKeyId, secret }: Credentials): Section => ({
  aws_access_key_id: accessKeyId,
  aws_secret_access_key: secret.reveal(),
})

/** Replaces the credentials file of a data folder. */
export const writeCredentials = (data: string, sections: ReadonlyMap<string, Section>) =>
  writeSections(awsFiles(data).credentials, credentialsSay, sections)

/** Adds profiles to the credentials file of a data folder; one of the same name is replaced. Returns the file's name. */
export function addCredentials(data: string, sections: ReadonlyMap<string, Section>): string {
  const file = awsFiles(data).credentials
  writeCredentials(data, new Map([...readSections(file), ...sections]))
  return file
}

const configSays = 'Written by hallpass: its endpoint.'

/** Adds sections to the config file of a data folder; one of the same name is replaced. Returns the file's name. */
export function addConfig(data: string, sections: ReadonlyMap<string, Section>): string {
  const file = awsFiles(data).config
  writeSections(file, configSays, new Map([...readSections(file), ...sections]))
  return file
}

/** A profile's long-term or temporary credentials in a credentials file; undefined when it has none. */
export function credentialsOf(file: string, profile: string): Credentials | undefined {
  const section = readSections(file).get(profile)
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secret, aws_session_token: token } = section ?? {}
  if (!accessKeyId || !secret) return undefined
  return { accessKeyId, secret: new Secret(secret), ...(token ? { token } : {}) }
}

/**
 * The names of users' profiles: a user's own name, or with the account if two accounts have a user of that name or it is
 * `root`, which is the profile of the first account's root.
 */
export function profileNames(keys: readonly { readonly account: string; readonly user: string }[]): readonly string[] {
  return keys.map(({ account, user }) => {
    const shared = keys.some((other) => other.user === user && other.account !== account)
    return shared || user === 'root' ? `${user}-${account}` : user
  })
}
