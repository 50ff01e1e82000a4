// The metadata agent's other sources than an enrolment: a certificate, a token that somebody else keeps fresh; and an enrolment that is
// not there.
import { equal, match, rejects } from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { roleSources, type SourceParts } from '../../src/agent/role-sources.ts'
import { privateFile } from '../../src/app/private-file.ts'
import { SourceRefused } from '../../src/client/credential-source.ts'
import type { RoleEntry } from '../../src/config/agent-roles.ts'
import { newKey, signToken } from '../../src/federation/testing/idp.ts'
import { certificateWorld } from './certificates-kit.ts'
import { folder } from './folder.ts'
import { role } from './people.ts'
import { firstAccount, type TestServer, testServer } from './server.ts'
import { privately, register, testIdp, trusting } from './web-identity-servers.ts'
import { added, profileWithRole, workloadWorld } from './workload-kit.ts'

const sourceOf = (parts: Pick<SourceParts, 'server'> & Partial<SourceParts>, entry: RoleEntry, clock: () => Date) =>
  roleSources({ report: () => {}, readSecret: privateFile, clock, ...parts })(entry, '2.0').source

/** What the role is called, and who its credentials are of. */
async function given(server: TestServer, entry: RoleEntry) {
  const set = await sourceOf({ server: { url: server.url } }, entry, server.now).fetch(new AbortController().signal)
  const { Arn } = await server.as(set).sts.send(new GetCallerIdentityCommand({}))
  return { role: set.roleArn, arn: Arn }
}

test('a certificate gets the role that its profile gives', async () => {
  const { server, root, anchorArn, profileArn, roleArn } = await certificateWorld()
  const at = folder()
  const { pem, keys } = root.issue({ subject: ['CN=web-1'], serial: 0x77n })
  const files = { certificate: join(at, 'tls.crt'), privateKey: join(at, 'tls.key') }
  writeFileSync(files.certificate, pem)
  writeFileSync(files.privateKey, keys.privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const entry = { name: 'web', ...files, trustAnchorArn: anchorArn, profileArn, roleArn, durationSeconds: 1800 }
  const { role, arn } = await given(server, entry)
  equal(role, roleArn)
  match(arn ?? '', /:assumed-role\/Web\/77$/)
})

test('a token in a file gets the role that trusts its issuer, and is read anew each time', async () => {
  const key = await newKey()
  const idp = await testIdp({ keys: [key] })
  const server = await testServer({
    providers: { providers: [{ issuer: idp.issuer, account: firstAccount, ...privately }] },
  })
  const admin = server.as(server.root)
  const provider = await register(admin, idp.issuer, ['sts.amazonaws.com'])
  const condition = { StringEquals: { [`${idp.issuer.slice('https://'.length)}:aud`]: 'sts.amazonaws.com' } }
  const roleArn = await role(admin, 'job', trusting(provider, condition))
  const webIdentityTokenFile = join(folder(), 'token')
  const entry = { name: 'job', webIdentityTokenFile, roleArn, roleSessionName: 'nightly' }
  const claims = { aud: 'sts.amazonaws.com', sub: 'job' }
  writeFileSync(webIdentityTokenFile, 'x.y.z')
  await rejects(given(server, entry), SourceRefused)
  writeFileSync(webIdentityTokenFile, `${await signToken(idp.issuer, key, server.now(), { claims })}\n`)
  match((await given(server, entry)).arn ?? '', /:assumed-role\/job\/nightly$/)
})

describe('an enrolment', async () => {
  const world = await workloadWorld()
  await profileWithRole(world, 'web')
  const fetched = (entry: RoleEntry) =>
    sourceOf({ server: world.at }, entry, () => world.clock.now).fetch(new AbortController().signal)
  const joinTokenFile = join(folder(), 'join-token')

  test('is made once, for all the roles of a folder that ask at once', async () => {
    const { joinToken } = await added(world, 'web-1')
    writeFileSync(joinTokenFile, joinToken, { mode: 0o600 })
    const entry = { name: 'web', machine: join(folder(), 'machine'), joinTokenFile }
    const sources = roleSources({
      ...{ server: world.at, clock: () => world.clock.now, report: () => {}, readSecret: privateFile },
    })
    const signal = new AbortController().signal
    const sets = await Promise.all(
      ['a', 'b', 'c'].map((name) => sources({ ...entry, name }, '2.0').source.fetch(signal)),
    )
    equal(new Set(sets.map(({ roleArn }) => roleArn)).size, 1)
    equal(sources(entry, '2.0').facts?.().region, 'eu-central-1')
    // The token has been used; who has the enrolment needs none.
    match((await fetched(entry)).roleArn ?? '', /:role\/web$/)
    await rejects(fetched({ ...entry, machine: join(folder(), 'other') }), SourceRefused)
  })

  test('that is not there needs a join token, in a file of its owner’s', async () => {
    const machine = join(folder(), 'machine')
    await rejects(fetched({ name: 'web', machine }), /this machine has not joined, and there is no join token/)
    const open = join(folder(), 'open')
    writeFileSync(open, 'x', { mode: 0o644 })
    await rejects(fetched({ name: 'web', machine, joinTokenFile: open }), /other users may read or write the file/)
    await rejects(fetched({ name: 'web', machine, joinTokenFile: join(folder(), 'no') }), /there is no such file/)
    mkdirSync(machine)
    writeFileSync(join(machine, 'machine.json'), '{}', { mode: 0o600 })
    await rejects(fetched({ name: 'web', machine }), /is not the enrolment of a machine/)
  })
})
