// What the session may do, tried by simulation with its own credentials (IAM API Reference, SimulatePrincipalPolicy): where its
// policies do not let it simulate, the refusal is what is shown.
import type { Output, Sdk } from '../../wire/operations.ts'
import type { Reply } from '../exchange.ts'
import { type Html, html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { holderOf } from './facts.ts'
import { page } from './layout.ts'
import { clipped, fitting } from './lists.ts'
import * as paths from './paths.ts'
import { shown } from './refused.ts'
import { type ConsoleParts, reads, type SessionRequest } from './session-page.ts'

const mostActions = 10

export const permissionPages = (parts: ConsoleParts): readonly Page[] => [
  reads(parts, paths.permissionsPath, permissions),
]

async function permissions(request: SessionRequest): Promise<Reply> {
  const { asked, session } = request
  const { pass } = session.current
  const actions = asked('actions')
    .split(/[\s,]+/)
    .filter((action) => action !== '')
  const resource = asked('resource').trim()
  const content = html`<h1>What may I do?</h1>
<p class="lead">Check operations against the policies of ${holderOf(session.current)}, without performing them.</p>
${question(request, asked('actions'), resource)}
${actions.length === 0 ? [] : await answer(request, actions, resource)}
<p class="soft">This calls IAM’s SimulatePrincipalPolicy with your credentials. It considers the role’s policies, your session’s tags, the permissions boundary and the organization${
    pass.policies === undefined ? '' : ', but not the session policies of this session'
  }. It does not know resource policies, nor everything that conditions test of a request.</p>`
  return page(request, { title: 'What may I do?', here: paths.permissionsPath, content })
}

function question({ parts }: SessionRequest, actions: string, resource: string): Html {
  return html`<form method="get" action="${pathIn(parts.browsers.site, paths.permissionsPath)}" class="card fields">
<div class="field"><label for="actions">Operations</label>
<input id="actions" name="actions" value="${actions}" required="" maxlength="1000" autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="actions-hint">
<p class="hint" id="actions-hint">For example s3:GetObject. Separate several with spaces; at most ${mostActions}.</p></div>
<div class="field"><label for="resource">Resource</label>
<input id="resource" name="resource" value="${resource}" maxlength="2048" autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="resource-hint">
<p class="hint" id="resource-hint">An ARN, for example arn:aws:s3:::example-data/report.csv. Leave empty for every resource.</p></div>
<p><button class="button inline">Check</button></p>
</form>`
}

async function answer({ call, session }: SessionRequest, actions: readonly string[], resource: string): Promise<Html> {
  if (actions.length > mostActions)
    return html`<div class="note refused" role="alert"><p>Check at most ${mostActions} operations.</p></div>`
  const called = await call('iam', 'SimulatePrincipalPolicy', {
    PolicySourceArn: session.current.subject?.arn ?? '',
    ActionNames: [...actions],
    ...(resource === '' ? {} : { ResourceArns: [resource] }),
    ContextEntries: ownTags(session.current.pass.tags),
  })
  return html`<section aria-labelledby="answer"><h2 id="answer">Answer</h2>
${shown(called, ({ EvaluationResults = [] }) => html`<ul class="answers">${EvaluationResults.map(result)}</ul>`)}</section>`
}

/** What policies test of the session's own tags: a simulation knows the role's alone. */
const ownTags = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([key, value]) => ({
    ...{ ContextKeyName: `aws:PrincipalTag/${key}`, ContextKeyType: 'string' as const },
    ContextKeyValues: [value],
  }))

type Result = NonNullable<Output<Sdk['iam'], 'SimulatePrincipalPolicy'>['EvaluationResults']>[number]

const decisions: Readonly<Record<string, readonly [kind: string, words: string]>> = {
  allowed: ['yes', 'Allowed'],
  explicitDeny: ['no', 'Explicitly denied'],
  implicitDeny: ['no', 'Not allowed'],
}

function result(found: Result): Html {
  const [kind, words] = decisions[found.EvalDecision ?? ''] ?? ['no', found.EvalDecision ?? '']
  const { fit, left } = fitting(reasons(found), 1200)
  return html`<li class="card answer"><p><span class="${`verdict ${kind}`}">${words}</span> <b>${found.EvalActionName ?? ''}</b>
<span class="soft">on ${found.EvalResourceName === '*' ? 'every resource' : clipped(found.EvalResourceName ?? '', 300)}</span></p>
${fit.length === 0 ? [] : html`<ul>${fit}${left === 0 ? [] : html`<li>And ${left} more.</li>`}</ul>`}</li>
`
}

function reasons(found: Result): readonly Html[] {
  const policies = [...new Set((found.MatchedStatements ?? []).map(({ SourcePolicyId: id = '' }) => id))]
  const missing = found.MissingContextValues ?? []
  return [
    ...policies.map((id) => html`<li>Decided by <code>${id}</code></li>`),
    ...(found.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary === false
      ? [html`<li>The permissions boundary does not allow it.</li>`]
      : []),
    ...(found.OrganizationsDecisionDetail?.AllowedByOrganizations === false
      ? [html`<li>A policy of the organization does not allow it.</li>`]
      : []),
    ...(missing.length === 0
      ? []
      : [html`<li>The policies also test ${clipped(missing.join(', '), 300)}, whose value is not known here.</li>`]),
  ]
}
