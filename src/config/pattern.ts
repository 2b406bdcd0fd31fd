/**
 * What texts look like, for editors: patterns of JSON Schema, which know only the dialect that every validator of it reads.
 * Each takes at least what the reader of such a text takes; what only arithmetic can tell is left to the reader.
 */
const DURATION = '^(0|[1-9][0-9]{0,8})(ms|s|m|h)$';
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const NAME = '[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?';
const DIGITS = '[0-9A-Fa-f:.]+';

export const PATTERN = {
  duration: DURATION,
  path: '^/',
  prefix: `^${DIGITS}/[0-9]{1,3}$`,
  ipv4: '^[0-9]{1,3}(\\.[0-9]{1,3}){3}$',
  address: `^${DIGITS}$`,
  endpoint: `^(\\[${DIGITS}\\]|[0-9.]+):[0-9]{1,5}$`,
  gobgp: '^unix:///|:[0-9]{1,5}$',
  community: '^[0-9]{1,5}:[0-9]{1,5}$',
  largeCommunity: '^[0-9]{1,10}:[0-9]{1,10}:[0-9]{1,10}$',
  scheduler: '^[a-z]+(,(sh|mh)-(fallback|port))*$',
  statusCodes: '^[1-5][0-9]{2}(-[1-5][0-9]{2})?$',
  checkName: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
  label: `^${LABEL}$`,
  subdomain: `^${SUBDOMAIN}$`,
  qualifiedName: `^(${SUBDOMAIN}/)?${NAME}$`,
  labelValue: `^(${NAME})?$`,
} as const;
