// Members of operations' inputs that are accepted and not read. A new row needs a reason; remove the row of a member that is read.

/** Members that are not read, and why nothing depends on them. */
export const unread: readonly (readonly [why: string, Readonly<Record<string, readonly string[]>>])[] = [
  [
    'It makes a token longer, and limits nothing.',
    {
      'sts:AssumeRole': ['MinimumSessionTokenSize'],
      'sts:AssumeRoleWithSAML': ['MinimumSessionTokenSize'],
      'sts:AssumeRoleWithWebIdentity': ['MinimumSessionTokenSize'],
      'sts:GetFederationToken': ['MinimumSessionTokenSize'],
      'sts:GetSessionToken': ['MinimumSessionTokenSize'],
    },
  ],
  [
    'There is one channel, for all.',
    {
      'rolesanywhere:CreateTrustAnchor': ['notificationSettings.channel'],
      'rolesanywhere:PutNotificationSettings': ['notificationSettings.channel'],
      'rolesanywhere:ResetNotificationSettings': ['notificationSettingKeys.channel'],
    },
  ],
  [
    'What it is in is refused, whatever it holds.',
    {
      'sts:AssumeRole': ['ProvidedContexts.ProviderArn', 'ProvidedContexts.ContextAssertion'],
      'iam:SimulatePrincipalPolicy': [
        'PolicyExclusionList.PolicyType',
        'PolicyExclusionList.PolicyArn',
        'PolicyExclusionList.InlinePolicyIdentifier',
        'PolicyExclusionList.InlinePolicyIdentifier.PolicyName',
        'PolicyExclusionList.InlinePolicyIdentifier.AttachmentType',
        'PolicyExclusionList.InlinePolicyIdentifier.AttachmentName',
      ],
    },
  ],
  [
    'The list is of what nobody can have: it is empty, or of a group that is not there.',
    {
      'iam:GetGroup': ['Marker', 'MaxItems'],
      'iam:ListAttachedGroupPolicies': ['PathPrefix', 'Marker', 'MaxItems'],
      'iam:ListGroupPolicies': ['Marker', 'MaxItems'],
      'iam:ListGroups': ['Marker', 'MaxItems'],
      'iam:ListGroupsForUser': ['Marker', 'MaxItems'],
      'iam:ListSSHPublicKeys': ['Marker', 'MaxItems'],
      'iam:ListServerCertificates': ['Marker', 'MaxItems'],
      'iam:ListServiceSpecificCredentials': ['AllUsers', 'Marker', 'MaxItems'],
      'iam:ListSigningCertificates': ['Marker', 'MaxItems'],
    },
  ],
  [
    'The list has one entry at most, and so one page.',
    {
      'iam:ListAccountAliases': ['Marker', 'MaxItems'],
      'organizations:ListAWSServiceAccessForOrganization': ['MaxResults'],
      'organizations:ListDelegatedAdministrators': ['MaxResults'],
      'organizations:ListParents': ['MaxResults'],
      'organizations:ListPolicies': ['MaxResults'],
      'organizations:ListRoots': ['MaxResults'],
    },
  ],
  ['A request that is sent twice does the same.', { 'eks:UpdatePodIdentityAssociation': ['clientRequestToken'] }],
  ['Clusters that are connected from elsewhere are listed with the others.', { 'eks:ListClusters': ['include'] }],
  ['There is no billing to have access to.', { 'organizations:CreateAccount': ['IamUserAccessToBilling'] }],
]

export const unreadOf = (action: string) => unread.flatMap(([, members]) => members[action] ?? []).sort()
