// The webhook as a cluster calls it: over HTTPS, with a certificate from files.
import { strictEqual as equal, match, ok } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { invoke, newPath, started } from './testing/world.ts'

const vectors = fileURLToPath(new URL('../../conformance/vectors/tls/', import.meta.url))
const pair = ['--tls-cert', `${vectors}first.cert.pem`, '--tls-key', `${vectors}first.key.pem`]
const to = ['--endpoint-url', 'https://sts.example.internal']

const review = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'u-1',
    operation: 'CREATE',
    object: {
      kind: 'Pod',
      metadata: { labels: { 'hallpass/identity': 'pod-identity' } },
      spec: { containers: [{ name: 'a' }] },
    },
  },
})

function post(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', rejectUnauthorized: false }, async (answer) => {
      resolve(Buffer.concat(await answer.toArray()).toString())
    })
    asked.once('error', reject)
    asked.end(review)
  })
}

test('a review is answered over HTTPS', async () => {
  const webhook = await started(['pod-webhook', ...to, ...pair, '--listen', '127.0.0.1:0'], /at (https:\S+)/, {
    clock: () => new Date('2027-01-01'),
  })
  const answer = JSON.parse(await post(webhook.url))
  equal(answer.response.uid, 'u-1')
  equal(answer.response.patchType, 'JSONPatch')
  equal((await webhook.stop()).code, 0)
})

test('the answer to a review in a file is printed', async () => {
  const file = newPath()
  writeFileSync(file, review)
  const { code, out } = await invoke(['pod-webhook', ...to, '--review', file])
  equal(code, 0)
  ok(Buffer.from(JSON.parse(out).response.patch, 'base64').includes('/spec/volumes'))
})

for (const [title, words, says] of [
  ['without an endpoint', [], /give --endpoint-url/],
  ['with an endpoint that is no URL', ['--endpoint-url', 'sts'], /give --endpoint-url/],
  ['without a certificate', to, /give --tls-cert and --tls-key/],
  ['with a review that is not there', [...to, '--review', '/nowhere'], /there is no such file/],
] as const) {
  test(`it does not run ${title}`, async () => {
    const { code, err } = await invoke(['pod-webhook', ...words])
    ok(code !== 0)
    match(err, says)
  })
}
