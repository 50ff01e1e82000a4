// Which public URLs are accepted.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPublicUrl } from './public-url.ts'

const rows: readonly (readonly [rule: string, text: string, expected: { url: string } | { problem: string }])[] = [
  ['a host', 'https://sts.example.com', { url: 'https://sts.example.com' }],
  ['a port', 'http://localhost:4600', { url: 'http://localhost:4600' }],
  ['a path', 'https://example.com/sts', { url: 'https://example.com/sts' }],
  ['a slash at the end is removed', 'https://example.com/sts/', { url: 'https://example.com/sts' }],
  ['no URL', 'example.com', { problem: 'example.com is not an http or https URL' }],
  ['another scheme', 'ftp://example.com', { problem: 'ftp://example.com is not an http or https URL' }],
  ['a query', 'https://a.b/?c', { problem: 'https://a.b/?c has more than a host, a port and a path' }],
  ['an empty query', 'https://a.b/?', { problem: 'https://a.b/? has more than a host, a port and a path' }],
  ['a fragment', 'https://a.b/#c', { problem: 'https://a.b/#c has more than a host, a port and a path' }],
  ['a user', 'https://u@a.b', { problem: 'https://u@a.b has more than a host, a port and a path' }],
  ['capitals in the host', 'https://A.b', { problem: 'https://A.b must be spelled https://a.b' }],
  ['the scheme’s own port', 'https://a.b:443', { problem: 'https://a.b:443 must be spelled https://a.b' }],
  [
    'a path that is a host in a link',
    'https://a.b//c.d',
    { problem: 'https://a.b//c.d has an empty segment in its path' },
  ],
  ['two slashes at the end are removed', 'https://a.b/c//', { url: 'https://a.b/c' }],
  ['dots in the path', 'https://a.b/x/../y', { problem: 'https://a.b/x/../y must be spelled https://a.b/y' }],
]
for (const [rule, text, expected] of rows) test(rule, () => assert.deepEqual(readPublicUrl(text), expected))
