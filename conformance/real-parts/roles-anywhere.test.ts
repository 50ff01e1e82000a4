// AWS's own credential helper against the server: as a credential process of the AWS CLI and boto3, and as a metadata service for them.
// What it proves with is made here; trust anchors, profiles and revocation lists are made with the AWS CLI.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ecKeys, type Issued, rootAuthority, rsaKeys } from '../../src/federation/x509/testing/authority.ts'
import { certificateRole } from '../clients/certificates-kit.ts'
import { folder } from '../clients/folder.ts'
import { freePort } from '../clients/free-port.ts'
import { describeWith } from './part.ts'
import { environmentOf, real, run, runProgram, writeConfig } from './real.ts'
import { ended, withUs } from './served.ts'

const home = folder()
const whoAmI = fileURLToPath(new URL('who_am_i.py', import.meta.url))

describeWith('ROLES_ANYWHERE_HELPER', 'the credential helper of IAM Roles Anywhere', async (helper) => {
  const { server, environment } = await real(home)
  const root = rootAuthority({ subject: ['O=Example', 'CN=Root'], keys: rsaKeys() })
  const issuing = root.authority({ subject: ['O=Example', 'CN=Issuing'] })
  const roleArn = await certificateRole(server, 'Web')

  /** Runs `aws rolesanywhere` as root; answers its JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: what the CLI prints is looked at member by member
  async function aws(...args: string[]): Promise<any> {
    const { code, out, err } = await run(
      'aws',
      ['rolesanywhere', ...args, '--output', 'json'],
      environment(server.root),
    )
    assert.equal(code, 0, `aws ${args.join(' ')}: ${err}`)
    return JSON.parse(out)
  }
  const file = (name: string, text: string) => {
    const path = join(home, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }

  const source = { sourceType: 'CERTIFICATE_BUNDLE', sourceData: { x509CertificateData: root.pem + issuing.pem } }
  const sourceFile = file('source.json', JSON.stringify(source))
  const { trustAnchor } = await aws(
    'create-trust-anchor',
    '--name',
    'anchor',
    '--enabled',
    '--source',
    `file://${sourceFile}`,
  )
  const { profile } = await aws('create-profile', '--name', 'profile', '--enabled', '--role-arns', roleArn)
  const chain = file('chain.pem', issuing.pem)

  /** What the helper is told, to prove with that certificate. */
  function proving(name: string, { pem, keys }: Issued): string[] {
    const key = keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    return [
      ...[
        '--certificate',
        file(`${name}.pem`, pem),
        '--private-key',
        file(`${name}.key`, key),
        '--intermediates',
        chain,
      ],
      ...['--trust-anchor-arn', trustAnchor.trustAnchorArn, '--profile-arn', profile.profileArn, '--role-arn', roleArn],
      ...['--endpoint', server.url],
    ]
  }
  const process = (args: readonly string[]) =>
    runProgram(helper, ['credential-process', ...args], environmentOf(server.url, home))
  const arnOf = (session: string) => `arn:aws:sts::${server.account}:assumed-role/Web/${session}`

  const machines = {
    rsa: issuing.issue({ subject: ['O=Example', 'CN=rsa-1'], serial: 0x1234n, keys: rsaKeys() }),
    ec: issuing.issue({ subject: ['O=Example', 'CN=ec-1'], serial: 0xfedcba98765432100123n, keys: ecKeys('P-384') }),
    root: root.issue({ subject: ['O=Example', 'CN=root-1'], serial: 0x77n, keys: ecKeys() }),
  }
  for (const [name, issued] of Object.entries(machines)) {
    test(`is a credential process of the AWS CLI and boto3, with ${name}`, async () => {
      writeConfig(home, {
        default: { credential_process: [helper, 'credential-process', ...proving(name, issued)].join(' ') },
      })
      const cli = await run('aws', ['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text'], environment())
      const arn = arnOf(issued.serial.toString(16))
      assert.equal(cli.out.trim(), arn, cli.err)
      const boto3 = await run('python3', [whoAmI], environment(), '\n')
      assert.ok(boto3.out.includes(arn), boto3.err + boto3.out)
    })
  }

  test('is told why a certificate is not accepted', async () => {
    const stranger = rootAuthority({ subject: ['CN=Stranger'] }).issue({ subject: ['CN=x'] })
    const { code, err } = await process(proving('stranger', stranger))
    assert.notEqual(code, 0)
    assert.match(err, /AccessDeniedException: Untrusted signing certificate/)
    const server2 = issuing.issue({ subject: ['CN=s'], extendedUsages: ['1.3.6.1.5.5.7.3.1'] })
    assert.match((await process(proving('server', server2))).err, /clientAuth/)
  })

  test('signs for a path before the endpoint as for none, which is no address of the server', async () => {
    const args = proving('rsa', machines.rsa)
    const { code } = await process([...args.slice(0, -1), `${server.url}/base`])
    assert.notEqual(code, 0)
  })

  test('is a metadata service for boto3, until its certificate is revoked', async () => {
    const port = await freePort()
    const args = ['serve', '--port', String(port), ...proving('ec', machines.ec)]
    const child = spawn(helper, args, { env: environmentOf(server.url, home), stdio: ['ignore', 'pipe', 'pipe'] })
    withUs(child)
    after(() => ended(child))
    await new Promise<void>((resolve, reject) => {
      const hear = (text: Buffer) => {
        if (/listening|Local server started/i.test(String(text))) resolve()
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
      child.once('close', (code) => reject(new Error(`the helper ended with ${code}`)))
    })
    writeConfig(home, {})
    const env = {
      ...environment(),
      AWS_EC2_METADATA_DISABLED: 'false',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}`,
    }
    const boto3 = await run('python3', [whoAmI], env, '\n')
    assert.ok(boto3.out.includes(arnOf('fedcba98765432100123')), boto3.err + boto3.out)

    const given = JSON.parse((await process(proving('ec', machines.ec))).out)
    const keys = {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      sessionToken: given.SessionToken,
    }
    const whoIs = () => run('aws', ['sts', 'get-caller-identity'], environment(keys))
    assert.equal((await whoIs()).code, 0)
    const crl = file('crl.pem', issuing.revoke([machines.ec.serial]).pem)
    const imported = await aws(
      ...['import-crl', '--name', 'crl', '--enabled', '--crl-data', `fileb://${crl}`],
      ...['--trust-anchor-arn', trustAnchor.trustAnchorArn],
    )
    assert.equal(imported.crl.enabled, true)
    assert.match((await whoIs()).err, /InvalidClientTokenId/)
    assert.match((await process(proving('ec', machines.ec))).err, /is revoked/)
    assert.notEqual((await process(proving('rsa', machines.rsa))).out, '')
    const refused = await run('python3', [whoAmI], env, '\n')
    assert.ok(!refused.out.includes(arnOf('fedcba98765432100123')), refused.out)
  })

  test('leaves subjects, which the AWS CLI shows', async () => {
    const { subjects } = await aws('list-subjects')
    const rsa = subjects.find(({ x509Subject }: { x509Subject: string }) => x509Subject === 'CN=rsa-1,O=Example')
    const { subject } = await aws('get-subject', '--subject-id', rsa.subjectId)
    assert.equal(subject.credentials[0].serialNumber, '1234')
    const { crls } = await aws('list-crls')
    assert.equal(crls.length, 1)
    const { profiles } = await aws('list-profiles')
    assert.equal(profiles[0].attributeMappings.length, 3)
  })
})
