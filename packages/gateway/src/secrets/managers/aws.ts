import type { AwsSecret } from '@clinch/schema'
import { AwsV4Signer } from 'aws4fetch'
import type { SecretManager } from './secret-manager.ts'

/** AWS Secrets Manager: GetSecretValue of the version AWSCURRENT, signed with Signature Version 4. */
export const askAws: SecretManager<AwsSecret> = async (conf, path, http) => {
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: sessionToken, region, endpoint_url: endpoint } = conf
  const signed = await new AwsV4Signer({
    method: 'POST',
    url: `${(endpoint ?? `https://secretsmanager.${region}.amazonaws.com`).replace(/\/+$/, '')}/`,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
    body: JSON.stringify({ SecretId: path, VersionStage: 'AWSCURRENT' }),
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service: 'secretsmanager',
    region
  }).sign()
  const reply = await http.ask(signed.url.href, { method: 'POST', headers: Object.fromEntries(signed.headers), body: signed.body as string }) // the text above
  if (reply.kind === 'failed') return { kind: 'unavailable', reason: `aws: ${reply.reason}` }
  const answer = parse(reply.body)
  if (reply.status === 200) {
    return typeof answer['SecretString'] === 'string'
      ? { kind: 'document', document: answer['SecretString'] }
      : { kind: 'missing', reason: 'aws: the secret holds no text' }
  }
  const type = typeof answer['__type'] === 'string' ? answer['__type'].replace(/^.*#/, '') : ''
  if (type === 'ResourceNotFoundException') return { kind: 'missing', reason: 'aws has nothing of that name' }
  return { kind: 'unavailable', reason: `aws answered ${reply.status}${/^[A-Za-z]{1,64}$/.test(type) ? ` ${type}` : ''}` }
}

function parse (text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? parsed as Record<string, unknown> : {}
  } catch {
    return {}
  }
}
