/** A request, as the audit log of the API server has it. A watch is there twice: when it begins and when it ends. */
export interface AuditedRequest {
  /** The same in both lines of a watch. */
  readonly id: string;
  /** `system:serviceaccount:NAMESPACE:NAME` for a ServiceAccount. */
  readonly user: string;
  /** As RBAC calls it: `list`, `watch`, `create`. */
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  /** With the subresource: `nodes/status`. */
  readonly resource: string;
  /** Undefined for all of them, and for what has none. */
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** Path and query. */
  readonly uri: string;
  /** The HTTP status. */
  readonly status: number;
  readonly agent: string;
}

interface AuditLine {
  readonly auditID: string;
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

/** The requests in the text of an audit log, in its order. */
export function auditedRequests(text: string): AuditedRequest[] {
  // The last line may be under way.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line !== '').map((line) => requestOf(JSON.parse(line) as AuditLine));
}

function requestOf({
  auditID,
  objectRef = {},
  requestURI,
  responseStatus,
  user,
  userAgent,
  verb,
}: AuditLine): AuditedRequest {
  const { apiGroup = '', name, namespace, resource = '', subresource } = objectRef;
  return {
    id: auditID,
    user: user.username,
    verb,
    group: apiGroup,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    uri: requestURI,
    status: responseStatus?.code ?? 0,
    agent: userAgent ?? '',
  };
}
