import { deepEqual, doesNotMatch, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { siteOf } from '../pages/site.ts'
import { openElsewhere } from './elsewhere.ts'

const federation = 'https://signin.aws.example/federation'
const target = { name: 'aws', federation }
const role = { arn: 'arn:aws:iam::999900001111:role/R', target: 'aws', sessionSeconds: 28_800 }

/** The page for a link that the target gave, and what was remembered of the choice. */
async function opened(link: string | undefined, targets: readonly object[] = [target]) {
  const asked: unknown[] = []
  const remembered: unknown[] = []
  const parts = {
    broker: {
      consoleLink: async (...of: unknown[]) => {
        asked.push(of)
        return link
      },
    },
    store: { transact: async (work: unknown) => void remembered.push(work) },
    browser: { site: siteOf('https://sso.example') },
  }
  const taken = { signIn: { connector: 'corp', personId: 'ann-id' }, role, given: { arn: 'given' }, table: { targets } }
  const reply = await openElsewhere(parts as never, { requestId: 'REQUEST' }, taken as never, new Date(0))
  const refresh = reply.headers[reply.headers.indexOf('Refresh') + 1]
  return { ...reply, text: String(reply.body), refresh, asked, remembered: remembered.length }
}

test('a role elsewhere opens by a page that no form’s policy binds', async () => {
  const link = `${federation}?Action=login&SigninToken=a%3Db`
  const { status, refresh, text, asked, remembered, headers } = await opened(link)
  equal(status, 200)
  equal(refresh, `0; url=${link}`)
  match(text, /href="https:\/\/signin\.aws\.example\/federation\?Action=login&amp;SigninToken=a%3Db" rel="noreferrer"/)
  deepEqual(asked, [[target, { arn: 'given' }, 28_800]])
  equal(remembered, 1)
  // The sign-in token in it goes to no third party.
  equal(headers.includes('same-origin'), false)
})

test('a link of anywhere but the target’s federation endpoint is not followed', async () => {
  for (const link of [
    undefined,
    'https://evil.example/federation',
    'http://signin.aws.example/federation',
    'https://signin.aws.example:8443/federation',
    'https://signin.aws.example@evil.example/',
    'javascript:alert(1)',
  ]) {
    const { status, headers, text, remembered } = await opened(link)
    equal(status, 503, link)
    equal(headers.includes('Refresh'), false)
    doesNotMatch(text, /evil|javascript/)
    equal(remembered, 0)
  }
})

test('a target that is gone from the table is asked for nothing', async () => {
  const { status, asked } = await opened(federation, [])
  equal(status, 503)
  deepEqual(asked, [])
})
