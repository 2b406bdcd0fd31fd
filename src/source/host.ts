/** The host of a URL: a name, or an address, an IPv6 one without its brackets. */
export const hostOf = (url: URL | string): string => new URL(url).hostname.replaceAll(/^\[|\]$/g, '');
