// TLS to PostgreSQL: whom a store believes to be its server, and how it shows who it is.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readAddress } from '../../src/store/postgres/address.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { Unavailable } from '../../src/store/store.ts'
import { counters } from '../../src/store/testing/conformance/suite.ts'
import { folder } from '../clients/folder.ts'
import { describeWith } from './part.ts'
import { startPostgres } from './postgres-server.ts'

/** Makes an authority, and certificates that it signs, with openssl. */
function authority(place: string) {
  mkdirSync(place, { recursive: true })
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: place, stdio: 'pipe' })
  const key = (name: string) => openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`)
  key('ca')
  openssl('req', '-x509', '-new', '-key', 'ca.key', '-subj', '/CN=ca', '-days', '2', '-out', 'ca.pem')
  return {
    ca: join(place, 'ca.pem'),
    certificate(name: string, common: string, names = '') {
      key(name)
      openssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${common}`, '-out', `${name}.csr`)
      const extensions = join(place, `${name}.ext`)
      writeFileSync(extensions, names === '' ? '' : `subjectAltName=${names}\n`)
      openssl(
        ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'],
        ...['-extfile', extensions, '-out', `${name}.pem`],
      )
      return { certificate: join(place, `${name}.pem`), key: join(place, `${name}.key`) }
    },
  }
}

describeWith('POSTGRES', 'PostgreSQL with TLS', async (bin) => {
  const place = folder()
  chmodSync(place, 0o711)
  const ours = authority(join(place, 'ours'))
  const theirs = authority(join(place, 'theirs'))
  const server = ours.certificate('server', 'db', 'DNS:localhost')
  const app = ours.certificate('app', 'app')
  const stranger = theirs.certificate('app', 'app')
  const hba = join(place, 'hba')
  writeFileSync(
    hba,
    `host all app 127.0.0.1/32 trust
hostssl all secret 127.0.0.1/32 scram-sha-256
hostssl all certified 127.0.0.1/32 cert map=certified
host all all ::1/128 reject
`,
  )
  const running = await startPostgres(bin, {}, hba)
  const { uid, gid } = statSync(running.data)
  for (const [name, mode] of [
    ['key', 0o600],
    ['certificate', 0o644],
  ] as const) {
    const file = join(running.data, `tls.${name}`)
    writeFileSync(file, execFileSync('cat', [server[name]]))
    chmodSync(file, mode)
    chownSync(file, uid, gid)
  }
  const caFile = join(running.data, 'tls.ca')
  writeFileSync(caFile, execFileSync('cat', [ours.ca]))
  writeFileSync(join(running.data, 'pg_ident.conf'), 'certified app certified\n')
  for (const [name, value] of [
    ['ssl_cert_file', 'tls.certificate'],
    ['ssl_key_file', 'tls.key'],
    ['ssl_ca_file', 'tls.ca'],
    ['ssl', 'on'],
  ])
    await running.query(`ALTER SYSTEM SET ${name} = '${value}'`)
  await running.query('SELECT pg_reload_conf()')
  await running.query(
    `CREATE ROLE secret LOGIN SUPERUSER PASSWORD 'open sesame'; CREATE ROLE certified LOGIN SUPERUSER`,
  )

  let schemas = 0
  const opened = async (user: string, host: string, query: string, password?: string) => {
    const address = readAddress(`//${user}@${host}:${running.port}/postgres?${query}`)
    assert.ok(!('refused' in address), JSON.stringify(address))
    const store = await openPostgres([counters], {
      ...{ address, schema: `s${++schemas}`, clock: () => new Date(), signals: false },
      ...(password !== undefined && { password }),
    })
    await store.close()
  }
  const refused = (opening: Promise<void>, why: RegExp) =>
    assert.rejects(opening, (error) => error instanceof Unavailable && why.test(error.message))
  const trusted = `sslrootcert=${ours.ca}`

  test('a certificate of the named authority for the host is believed; the password goes by SCRAM', () =>
    opened('secret', 'localhost', trusted, 'open sesame'))

  test('a certificate of another authority is not', () =>
    refused(
      opened('secret', 'localhost', `sslrootcert=${theirs.ca}`, 'open sesame'),
      /unable to verify|self-signed|signature/,
    ))

  test('a certificate for another host is not', () =>
    refused(opened('secret', '127.0.0.1', trusted, 'open sesame'), /does not match certificate|IP: 127.0.0.1/))

  test('a wrong password is refused; without one the setting is named, and none is taken from elsewhere', async (t) => {
    process.env.PGPASSWORD = 'open sesame'
    t.after(() => {
      delete process.env.PGPASSWORD
    })
    await refused(opened('secret', 'localhost', trusted, 'wrong'), /password authentication failed/)
    await refused(opened('secret', 'localhost', trusted), /set HALLPASS_STORE_PASSWORD/)
  })

  test('a client certificate of the server’s authority is let in without a password; a stranger’s is not', async () => {
    const pair = (of: typeof app) => `${trusted}&sslcert=${of.certificate}&sslkey=${of.key}`
    await opened('certified', 'localhost', pair(app))
    await refused(opened('certified', 'localhost', pair(stranger)), /cannot be used/)
  })

  test('a server without TLS is refused where TLS is meant', async () => {
    const plain = await startPostgres(bin)
    const address = readAddress(`//app@localhost:${plain.port}/postgres?${trusted}`)
    assert.ok(!('refused' in address))
    await assert.rejects(
      openPostgres([counters], { address, clock: () => new Date() }),
      /does not support SSL connections/,
    )
  })
})
