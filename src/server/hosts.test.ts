import { strictEqual as equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { hosts as compiled, type Face, type Hosts, route } from './hosts.ts'

function hosts(publicUrl: string | undefined, apis?: readonly string[]): Hosts {
  const config = compiled(publicUrl, apis)
  if ('invalid' in config) throw new Error(config.invalid)
  return config
}

const invalid = (publicUrl: string | undefined, apis: readonly string[]) => {
  const config = compiled(publicUrl, apis)
  return 'invalid' in config ? config.invalid : ''
}

const dev = hosts('http://localhost:4600')
const company = hosts('https://sso.example.com', ['sts.example.com', '*.s3.example.com'])

const rows: readonly { rule: string; config: ReturnType<typeof hosts>; host: string; face: Face | undefined }[] = [
  { rule: 'development: pages on localhost', config: dev, host: 'localhost:4600', face: 'pages' },
  { rule: 'development: APIs on 127.0.0.1', config: dev, host: '127.0.0.1:4600', face: 'api' },
  { rule: 'nothing configured: all names are APIs', config: hosts(undefined), host: 'localhost', face: 'api' },
  {
    rule: 'no names configured: every other name is an API',
    config: dev,
    host: 'host.docker.internal:4600',
    face: 'api',
  },
  { rule: 'IPv6', config: dev, host: '[::1]:4600', face: 'api' },
  { rule: 'the public host', config: company, host: 'sso.example.com', face: 'pages' },
  {
    rule: 'the public host on another port is not an API',
    config: company,
    host: 'sso.example.com:8443',
    face: 'pages',
  },
  { rule: 'the public host in capitals is not an API', config: company, host: 'SSO.Example.COM', face: 'pages' },
  { rule: 'the public host with a final dot is not an API', config: dev, host: 'localhost.:4600', face: 'pages' },
  { rule: 'an API name', config: company, host: 'sts.example.com:443', face: 'api' },
  { rule: 'a name below a wildcard', config: company, host: 'bucket.name.s3.example.com', face: 'api' },
  { rule: 'the wildcard itself is not below it', config: company, host: 's3.example.com', face: undefined },
  { rule: 'an empty label is not below it', config: company, host: '.s3.example.com', face: undefined },
  { rule: 'an unlisted name', config: company, host: 'evil.example.net', face: undefined },
  { rule: 'a name that ends like another', config: company, host: 'xsts.example.com', face: undefined },
  { rule: 'a name below the public host', config: company, host: 'a.sso.example.com', face: undefined },
  { rule: 'no Host', config: dev, host: '', face: undefined },
  { rule: 'user information', config: dev, host: 'localhost@evil.example', face: undefined },
  { rule: 'a path', config: dev, host: 'evil/localhost', face: undefined },
  { rule: 'a list', config: dev, host: 'a,localhost', face: undefined },
  { rule: 'a space', config: dev, host: 'localhost ', face: undefined },
]
for (const { rule, config, host, face } of rows) test(`route: ${rule}`, () => equal(route(host, config), face))

test('a public host that is also an API name is refused at start-up', () => {
  match(invalid('https://sso.example.com', ['sso.example.com']), /cannot be a name of the APIs/)
  match(invalid('https://sso.example.com', ['*.example.com']), /cannot be a name of the APIs/)
})

test('what is not a name is refused at start-up', () => match(invalid(undefined, ['a b']), /not a host name/))
