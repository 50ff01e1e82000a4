// What the enhanced flow lets a guest do at most, whatever the role allows (Amazon Cognito Developer Guide, "Access policies
// for unauthenticated identities"): what an inline session policy allows, and what a managed one of AWS's does. Only guests
// are scoped down.

const whole = [
  ...['appsync', 'cloudwatch', 'codewhisperer', 'cognito-identity', 'cognito-idp', 'cognito-sync', 'comprehend'],
  ...['dynamodb', 'execute-api', 'firehose', 'gamelift', 'iot', 'kinesis', 'lambda', 'lex', 'logs', 'machinelearning'],
  ...['mobileanalytics', 'mobiletargeting', 'personalize', 'polly', 'rekognition', 's3', 'sdb', 'ses', 'sns', 'sqs'],
  ...['transcribe', 'translate'],
]

const parts = ['sagemaker:InvokeEndpoint', 'textract:DetectDocumentText', 'textract:AnalyzeDocument']

/** The inline session policy. One text for all guests: it is compiled and packed once. */
export const guestPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: [...whole.map((service) => `${service}:*`), ...parts], Resource: '*' }],
})

export const guestManagedPolicy = 'arn:aws:iam::aws:policy/AmazonCognitoUnAuthedIdentitiesSessionPolicy'
