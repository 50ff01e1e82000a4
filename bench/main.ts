// npm run bench: compares the whole server with bare node:http servers, and measures single steps, interleaved in one run.
//   npm run bench               everything, about three minutes
//   npm run bench -- --quick    one short round, to see that it runs
//   npm run bench -- --soak N   also the server's memory over N AssumeRole calls
//   npm run bench -- --against REVISION   another revision's server beside this one, route by route
//   npm run bench -- --refusals  only the cost of the costliest refused requests
//   npm run bench -- --neighbours  only how much longer others wait during a flood of those
//   npm run bench -- --certificates  only CreateSession, beside AssumeRoleWithWebIdentity
//   npm run bench -- --saml     only SAML responses, beside a verifier on xml-crypto
//   npm run bench -- --gateway  only DynamoDB through the gateway, beside a bare streaming proxy; also with --against
//   npm run bench -- --agent    only the metadata agent, beside a bare server
//   npm run bench -- --identities N   only whether GetId stays as fast with N identities in a pool
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { measureAgent } from './agent.ts'
import { measureCertificates } from './certificates.ts'
import { measureGateway } from './gateway.ts'
import { measureIdentities } from './identities.ts'
import { decision, measureSteps, verification } from './micro.ts'
import { measureNeighbours } from './neighbours.ts'
import { sealing } from './passes.ts'
import { measureRefusals } from './refusals.ts'
import { type Checkout, withRevision } from './revision.ts'
import { measureSaml } from './saml.ts'
import { measureServers } from './servers.ts'

const { values } = parseArgs({
  options: {
    ...{ quick: { type: 'boolean' }, soak: { type: 'string' }, identities: { type: 'string' } },
    against: { type: 'string' },
    refusals: { type: 'boolean' },
    neighbours: { type: 'boolean' },
    certificates: { type: 'boolean' },
    saml: { type: 'boolean' },
    gateway: { type: 'boolean' },
    agent: { type: 'boolean' },
  },
})
const say = (line: string) => console.log(line)

say(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`)
const quick = values.quick === true
const beside = (measure: (against?: Checkout) => Promise<void>) =>
  values.against === undefined ? measure() : withRevision(values.against, measure)
const gatewayPlan = { rounds: quick ? 1 : 7, ms: quick ? 500 : 1500, warm: quick ? 1_000 : 25_000, connections: 64 }
const gateway = () => beside((against) => measureGateway({ ...gatewayPlan, ...(against && { against }) }, say))
if (values.identities !== undefined) await measureIdentities(Number(values.identities), quick ? 1 : 5, say)
else if (values.gateway) await gateway()
else if (values.agent) await measureAgent({ rounds: quick ? 1 : 7, ms: quick ? 1000 : 3000 }, say)
else if (values.certificates) {
  await measureCertificates({ rounds: quick ? 1 : 7, ms: quick ? 500 : 1500, warmMs: quick ? 1000 : 5000 }, say)
} else if (values.saml) measureSaml(quick ? 1 : 25, say)
else if (values.neighbours) await measureNeighbours(quick ? 1000 : 6000, say)
else if (values.refusals) await measureRefusals(quick ? 1 : 5, quick ? 300 : 1000, say)
else {
  measureSteps(quick ? 1 : 5, say, [verification(), decision(), ...sealing()])
  const plan = { rounds: quick ? 1 : 7, ms: quick ? 500 : 1500, warmMs: quick ? 1000 : 5000, connections: 64 }
  const measure = (against?: Checkout) =>
    measureServers({ ...plan, soak: Number(values.soak ?? 0), ...(against && { against }) }, say)
  await beside(measure)
  if (values.against === undefined) await gateway()
  await measureRefusals(quick ? 1 : 3, quick ? 300 : 1000, say)
}
