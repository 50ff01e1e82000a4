// SimpleSAMLphp as a company's SAML provider for one test file: its configuration, its people, and PHP's own server for it.
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { selfSignedCertificate } from '../../src/federation/saml/self-signed.ts'
import { freePort } from '../clients/free-port.ts'
import { stoppedAfterwards } from './stopped.ts'

export interface CompanyPerson {
  readonly username: string
  readonly password: string
  /** By the attribute's name. */
  readonly attributes: Readonly<Record<string, readonly string[]>>
}

/** Us, as a provider knows us. */
export interface Consumer {
  /** The audience of its responses. */
  readonly entityId: string
  /** Where its responses go; the first is the usual one. */
  readonly addresses: readonly string[]
  /** Where single logout goes, by redirects. */
  readonly logout?: string
  /** PEM: messages must be signed by it. */
  readonly signing?: string
  /** PEM: assertions are encrypted for it. */
  readonly encryption?: string
}

export interface SimpleSamlPhp {
  readonly url: string
  metadata(): Promise<string>
  /** Where somebody begins who was not sent there. */
  start(consumer: Pick<Consumer, 'entityId'>): string
  /** Where somebody signs out, there and everywhere. */
  readonly end: string
  /** Says whose responses it makes: what was said before is gone. */
  serve(consumers: readonly Consumer[]): void
}

const startMs = 30_000
const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'

/** Starts it; its files are in `folder`. It is stopped after the suite that calls this, which is no hook. */
export async function startSimpleSamlPhp(
  home: string,
  folder: string,
  people: readonly CompanyPerson[],
): Promise<SimpleSamlPhp> {
  const at = (...names: string[]) => join(folder, ...names)
  for (const name of ['conf/metadata', 'cert', 'log', 'data', 'tmp', 'sess', 'docroot'])
    mkdirSync(at(name), { recursive: true })
  symlinkSync(join(home, 'www'), at('docroot', 'simplesaml'))
  const { key, certificate } = newCertificate('SimpleSAMLphp of one test')
  writeFileSync(at('cert', 'idp.pem'), key)
  writeFileSync(at('cert', 'idp.crt'), certificate)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/simplesaml`
  const write = (name: string, statement: string, value: unknown) =>
    writeFileSync(at('conf', name), `<?php ${statement} = ${php(value)};\n`)
  write('config.php', '$config', {
    ...{ baseurlpath: `${url}/`, certdir: at('cert/'), loggingdir: at('log/'), datadir: at('data/') },
    ...{ tempdir: at('tmp'), metadatadir: at('conf/metadata'), 'logging.handler': 'file', timezone: 'UTC' },
    ...{ secretsalt: randomBytes(16).toString('hex'), 'auth.adminpassword': randomBytes(16).toString('hex') },
    ...{ technicalcontact_email: 'nobody@company.example', 'language.default': 'en', 'enable.saml20-idp': true },
    'module.enable': { exampleauth: true, core: true, saml: true },
    'store.type': 'phpsession',
    ...{ 'session.phpsession.savepath': at('sess'), 'session.phpsession.cookiename': 'SSP' },
    ...{ 'session.cookie.secure': false, 'session.cookie.samesite': null },
    'metadata.sources': [{ type: 'flatfile', directory: at('conf/metadata') }],
    ...{ 'authproc.idp': [], 'authproc.sp': [] },
  })
  write('authsources.php', '$config', {
    admin: ['core:AdminPassword'],
    company: {
      0: 'exampleauth:UserPass',
      ...Object.fromEntries(
        people.map(({ username, password, attributes }) => [
          `${username}:${password}`,
          { uid: [username], ...attributes },
        ]),
      ),
    },
  })
  write('metadata/saml20-idp-hosted.php', `$metadata['${url}/idp']`, {
    ...{ host: '__DEFAULT__', privatekey: 'idp.pem', certificate: 'idp.crt', auth: 'company' },
    'attributes.NameFormat': 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
    NameIDFormat: persistent,
    authproc: { 3: { class: 'saml:AttributeNameID', attribute: 'uid', Format: persistent } },
    // Only what it signs itself counts at AWS: the response's signature does not stand for the assertion's.
    ...{ 'saml20.sign.response': true, 'saml20.sign.assertion': true },
  })
  const serve = (consumers: readonly Consumer[]) => {
    const entries = consumers.map(({ entityId, addresses, logout, signing, encryption }) => {
      const certificates = [
        ...(signing === undefined ? [] : [{ text: signing, signing: true, encryption: false }]),
        ...(encryption === undefined ? [] : [{ text: encryption, signing: false, encryption: true }]),
      ]
      const entry = {
        AssertionConsumerService: addresses.map((Location, index) => ({
          ...{ index, Location, Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', isDefault: index === 0 },
        })),
        NameIDFormat: persistent,
        ...(logout === undefined
          ? {}
          : {
              SingleLogoutService: [
                { Location: logout, Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect' },
              ],
              'sign.logout': true,
            }),
        keys: certificates.map(({ text, ...uses }) => ({
          ...{ ...uses, type: 'X509Certificate', X509Certificate: base64Of(text) },
        })),
        ...(signing === undefined ? {} : { 'validate.authnrequest': true, 'validate.logout': true }),
        ...(encryption === undefined ? {} : { 'assertion.encryption': true }),
        // The uid is for the NameID.
        attributes: people.flatMap(({ attributes }) => Object.keys(attributes)),
      }
      return `$metadata[${php(entityId)}] = ${php(entry)};\n`
    })
    writeFileSync(at('conf/metadata/saml20-sp-remote.php'), `<?php ${entries.join('')}`)
  }
  serve([])

  const log = openSync(at('log/server.log'), 'a')
  const child = spawn(
    'php',
    [
      ...['-d', `error_log=${at('log/php.log')}`, '-d', 'display_errors=0', '-d', 'error_reporting=22527'],
      // What is written here counts at the next request.
      ...['-d', `session.save_path=${at('sess')}`, '-d', 'opcache.enable=0'],
      ...['-S', `127.0.0.1:${port}`, '-t', at('docroot')],
    ],
    {
      cwd: at('docroot'),
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env.PATH ?? '', SIMPLESAMLPHP_CONFIG_DIR: at('conf'), PHP_CLI_SERVER_WORKERS: '4' },
    },
  )
  closeSync(log)
  // Its workers do not end with it.
  stoppedAfterwards(child, true)
  const metadataUrl = `${url}/saml2/idp/metadata.php`
  await listening(child, metadataUrl, at('log/server.log'))
  return {
    ...{ url, serve },
    end: `${url}/saml2/idp/SingleLogoutService.php?${new URLSearchParams({ ReturnTo: `${url}/module.php/core/frontpage_welcome.php` })}`,
    metadata: async () => (await fetch(metadataUrl)).text(),
    start: ({ entityId }) => `${url}/saml2/idp/SSOService.php?${new URLSearchParams({ spentityid: entityId })}`,
  }
}

/** A key in PEM with a certificate for it: of a provider that signs, or of whom assertions are encrypted for. */
export function newCertificate(commonName: string): { readonly key: string; readonly certificate: string } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const [now, day] = [Date.now(), 86_400_000]
  const lasts = { notBefore: new Date(now - day), notAfter: new Date(now + day) }
  const certificate = selfSignedCertificate({ key: privateKey, commonName, serial: randomBytes(8), ...lasts })
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate }
}

/** What a certificate in PEM holds. */
export const base64Of = (pem: string) => pem.replace(/-----[A-Z ]+-----|\s/g, '')

/** A value as PHP writes it. */
function php(value: unknown): string {
  if (typeof value === 'string') return `'${value.replace(/[\\']/g, '\\$&')}'`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Array.isArray(value)
    ? value.map(php)
    : Object.entries(value).map(([name, one]) => `${/^\d+$/.test(name) ? name : php(name)}=>${php(one)}`)
  return `[${entries.join(',')}]`
}

async function listening(child: ChildProcess, url: string, log: string) {
  const late = Date.now() + startMs
  while (child.exitCode === null && Date.now() < late) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return
    await delay(100)
  }
  throw new Error(`SimpleSAMLphp did not start: ${readFileSync(log, 'utf8').slice(-4000)}`)
}
