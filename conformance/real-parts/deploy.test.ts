// What stands in deploy/, read by the programs that it is for: systemd, cloud-init, Kubernetes' own types. No cluster is started.
import assert from 'node:assert/strict'
import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { admit } from '../../src/server/kubernetes/admission.ts'
import { folder } from '../clients/folder.ts'
import { describeWith } from './part.ts'
import { runProgram } from './real.ts'

const deploy = fileURLToPath(new URL('../../deploy/', import.meta.url))
const executable = fileURLToPath(new URL('../../bin/hallpass.js', import.meta.url))
const filesOf = (kind: string, pattern: string) => globSync(pattern, { cwd: join(deploy, kind) }).sort()
const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' }

describeWith('DEPLOY_TOOLS', 'systemd and cloud-init', () => {
  const home = folder()

  for (const name of filesOf('systemd', '*.service')) {
    const text = readFileSync(join(deploy, 'systemd', name), 'utf8')

    test(`${name} is a unit that systemd takes, and little is open to it`, async () => {
      const bin = join(home, 'bin')
      mkdirSync(bin, { recursive: true })
      const program = join(bin, `hallpass-${name}`)
      symlinkSync(executable, program)
      const unit = join(home, name)
      writeFileSync(unit, text.replaceAll('/usr/local/bin/hallpass', program))
      const verified = await runProgram('systemd-analyze', ['verify', '--man=no', unit], env)
      assert.equal(verified.err, '')
      assert.equal(verified.code, 0)
      // Of 100: 0 is a service that can do nothing, 96 one without any setting.
      const secure = await runProgram('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit], env)
      assert.equal(secure.code, 0, secure.out.slice(-200))
    })

    test(`${name} starts a command that there is, with options that it has`, async () => {
      const words = /^ExecStart=\S+ (?<words>.*)$/m.exec(text)?.groups?.words?.split(' ') ?? []
      const help = await runProgram(process.execPath, [executable, words[0] ?? '', '--help'], env)
      assert.equal(help.code, 0, help.err)
      for (const option of words.filter((word) => word.startsWith('--'))) {
        assert.ok(help.out.includes(option.split('=')[0] ?? ''), option)
      }
    })
  }

  for (const name of filesOf('cloud-init', '*.yaml')) {
    test(`${name} is what cloud-init takes`, async () => {
      const checked = await runProgram('cloud-init', ['schema', '--config-file', join(deploy, 'cloud-init', name)], env)
      assert.equal(checked.code, 0, checked.out + checked.err)
      assert.match(checked.out, /Valid/)
    })
  }
})

describeWith('MANIFESTS', 'Kubernetes', (program) => {
  const read = (text: string) => runProgram(program, [], env, text)

  for (const name of filesOf('kubernetes', '*.yaml')) {
    const text = readFileSync(join(deploy, 'kubernetes', name), 'utf8')
    test(`${name} has no field that the API does not have`, async () => {
      const { code, out, err } = await read(text)
      assert.equal(code, 0, err)
      assert.equal(out.trim().split('\n').length, parseAllDocuments(text).length)
    })
  }

  test('a misspelled field is told', async () => {
    const text = readFileSync(join(deploy, 'kubernetes', 'example-pod.yaml'), 'utf8')
    const { code, err } = await read(text.replace('serviceAccountName', 'serviceAcountName'))
    assert.equal(code, 1)
    assert.match(err, /serviceAcountName/)
  })

  for (const kind of ['pod-identity', 'web-identity']) {
    test(`what the webhook answers, and makes of a pod with ${kind}, is of the API`, async () => {
      const [document] = parseAllDocuments(readFileSync(join(deploy, 'kubernetes', 'example-pod.yaml'), 'utf8'))
      const pod = document?.toJS()
      pod.metadata.labels['hallpass/identity'] = kind
      pod.metadata.annotations = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/reader' }
      const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }
      const answer = admit(
        { ...review, request: { uid: 'u', operation: 'CREATE', object: pod } },
        { region: 'eu-west-1', endpoint: 'https://sts.example.internal' },
      )
      const answered = await read(JSON.stringify(answer))
      assert.equal(answered.code, 0, answered.err)
      for (const { path, value } of patchesIn(answer)) place(pod, path.split('/').slice(1), value)
      const changed = await read(JSON.stringify(pod))
      assert.equal(changed.code, 0, changed.err)
      assert.equal(changed.out.trim(), 'Pod example')
      assert.ok(pod.spec.volumes[0].projected.sources[0].serviceAccountToken.audience.endsWith('amazonaws.com'))
    })
  }
})

const patchesIn = (answer: object): { path: string; value: unknown }[] =>
  JSON.parse(Buffer.from((answer as { response: { patch: string } }).response.patch, 'base64').toString())

/** JSON Patch's `add` (RFC 6902). */
// biome-ignore lint/suspicious/noExplicitAny: a place in a pod
function place(at: any, [head = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length > 0) place(at[head], rest, value)
  else if (head === '-') at.push(value)
  else at[head] = value
}
