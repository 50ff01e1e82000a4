// Profiles that `hallpass login` writes into a person's own ~/.aws/config. The rest of the file stays as it is, to the letter.
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { readSections, type Section, sectionText } from './aws-files.ts'
import { writeWhole } from './whole-file.ts'

/** Settings by which a profile gets credentials (AWS SDKs and Tools Reference Guide, "Settings reference"). */
const credentialSettings = [
  ...['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token', 'credential_process', 'credential_source'],
  ...['role_arn', 'source_profile', 'web_identity_token_file', 'login_session'],
  ...['sso_session', 'sso_start_url', 'sso_account_id', 'sso_role_name'],
]

/** The profile's section in a config file: its head, as AWS's tools spell it. */
export const profileHead = (name: string) => (name === 'default' ? 'default' : `profile ${name}`)

/** What names the process of a profile that is ours. */
export const isOurs = ({ credential_process: process = '' }: Section) =>
  / credential-process .*--sign-in[ =]/.test(process)

/**
 * The first setting of the profile that gets credentials in another way than ours; undefined where the profile may be written.
 * INVARIANT: such a profile is not touched.
 */
export function otherCredentials(
  files: { readonly config: string; readonly credentials: string },
  name: string,
): { readonly file: string; readonly setting: string } | undefined {
  const config = readSections(files.config)
  const heads = name === 'default' ? ['default', 'profile default'] : [`profile ${name}`]
  for (const [file, section] of [
    ...heads.map((head) => [files.config, config.get(head)] as const),
    [files.credentials, readSections(files.credentials).get(name)] as const,
  ]) {
    if (section === undefined) continue
    const settings = isOurs(section)
      ? credentialSettings.filter((one) => one !== 'credential_process')
      : credentialSettings
    const setting = settings.find((one) => section[one] !== undefined)
    if (setting !== undefined) return { file, setting }
  }
  return undefined
}

/** Settings that a section gets, and those, undefined here, that it loses. */
export type Edit = Readonly<Record<string, string | undefined>>

/** Writes sections into the file: settings of the same names are replaced, others of the section stay. */
export function editSections(file: string, sections: ReadonlyMap<string, Edit>): void {
  // A file that is a link stays one.
  const target = existsSync(file) ? realpathSync(file) : file
  let text = existsSync(target) ? readFileSync(target, 'utf8') : ''
  for (const [name, section] of sections) text = withSection(text, name, section)
  writeWhole(target, text, existsSync(target) ? statSync(target).mode & 0o777 : 0o600)
}

const headPattern = /^\s*\[\s*([^\]]+?)\s*\]/

function withSection(text: string, name: string, edit: Edit): string {
  const section = Object.fromEntries(
    Object.entries(edit).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
  const lines = text.split('\n')
  const start = lines.findIndex(
    (line) => headPattern.exec(line)?.[1]?.replace(/["']/g, '').replace(/\s+/g, ' ') === name,
  )
  if (start === -1) {
    const gap = text === '' ? '' : text.endsWith('\n') ? '\n' : '\n\n'
    return `${text}${gap}${sectionText(name, section)}`
  }
  const next = lines.findIndex((line, at) => at > start && headPattern.test(line))
  const end = next === -1 ? lines.length : next
  const replaced = new Set(Object.keys(edit).map((key) => key.split('.')[0]))
  const kept: string[] = []
  let isWithin = false
  for (const line of lines.slice(start + 1, end)) {
    const key = /^([^\s#;=][^=]*?)\s*=/.exec(line)?.[1]?.toLowerCase()
    // Nested settings stand below the one that they belong to.
    if (key !== undefined) isWithin = replaced.has(key)
    else if (!/^\s+\S/.test(line)) isWithin = false
    if (!isWithin) kept.push(line)
  }
  // Ours come first: what follows in the file may be a comment on the next section.
  const ours = sectionText(name, section).trimEnd().split('\n').slice(1)
  return [...lines.slice(0, start + 1), ...ours, ...kept, ...lines.slice(end)].join('\n')
}
