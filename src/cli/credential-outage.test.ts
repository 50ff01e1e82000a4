// What `hallpass credential-process` prints while its server gives no answer, refuses, or must not be asked early.
import { deepEqual, equal, match } from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { call, credentials, home } from './testing/credential-process-kit.ts'

type Answer = readonly [status: number, body: string]
const unavailable: Answer = [503, '<Error><Code>ServiceUnavailable</Code><Message>The store is down.</Message></Error>']
const refused: Answer = [403, '<Error><Code>AccessDenied</Code><Message>no more</Message></Error>']
const given = (key: string, end: string): Answer => [
  200,
  `<AccessKeyId>${key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${end}</Expiration>`,
]

/** A server that gives these answers, in this order. */
async function answering(...answers: Answer[]) {
  const requests: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      requests.push(body)
      const [status, text] = answers.shift() ?? unavailable
      response.writeHead(status).end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  const environment = home({ AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  return { environment, answers, requests }
}

const role = ['--role-arn', 'arn:aws:iam::111122223333:role/r']
const at = (time: string) => () => new Date(`2026-03-01T${time}Z`)

test('credentials that are due are asked for anew, and printed as long as they are valid where nobody answers', async () => {
  const { environment, answers, requests } = await answering(given('one', '2026-03-01T13:00:00Z'))
  const first = await credentials(environment, role, at('12:00:00'))
  deepEqual(await credentials(environment, role, at('12:29:59')), first)
  equal(requests.length, 1)
  const { code, out, err } = await call(environment, role, at('12:30:00'))
  equal(code, 0)
  deepEqual(JSON.parse(out), first)
  match(
    err,
    /^hallpass: AssumeRole: ServiceUnavailable: The store is down\.: the last credentials are used, which end at /,
  )
  const ended = await call(environment, role, at('13:00:00'))
  deepEqual([ended.code, ended.out], [1, ''])
  answers.push(given('two', '2026-03-01T14:00:00Z'))
  equal((await credentials(environment, role, at('13:00:01'))).AccessKeyId, 'two')
})

test('a refusal is printed, and nothing from before, also where nobody answers later', async () => {
  const { environment, answers } = await answering(given('one', '2026-03-01T13:00:00Z'), refused)
  await credentials(environment, role, at('12:00:00'))
  const { code, out, err } = await call(environment, role, at('12:30:00'))
  deepEqual([code, out], [1, ''])
  equal(err, 'hallpass: AssumeRole: AccessDenied: no more')
  answers.push(unavailable)
  equal((await call(environment, role, at('12:30:01'))).code, 1)
})

test('what a device’s code brought is printed without a code until five minutes before its end', async () => {
  const { environment, requests } = await answering(given('one', '2026-03-01T23:59:00Z'), refused)
  const device = ['--serial-number', 'arn:aws:iam::111122223333:mfa/x']
  const first = await credentials(environment, [...device, '--token-code', '123456'], at('12:00:00'))
  match(requests[0] ?? '', /TokenCode=123456/)
  deepEqual(await credentials(environment, device, at('23:53:59')), first)
  equal(requests.length, 1)
  equal((await call(environment, device, at('23:54:00'))).code, 1)
})

test('an expired key is no refusal: what it brought before is printed', async () => {
  const { environment } = await answering(given('one', '2026-03-01T13:00:00Z'), [
    400,
    '<Error><Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error>',
  ])
  const first = await credentials(environment, role, at('12:00:00'))
  deepEqual(await credentials(environment, role, at('12:40:00')), first)
})
