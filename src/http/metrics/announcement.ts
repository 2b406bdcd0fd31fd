import { DRAIN_STAGES } from '../../model/drain.ts';
import { ANNOUNCEMENT_STATES, isAnnounced, type Status } from '../../model/status.ts';
import { counter, type Family, gauge, oneOf } from './family.ts';

/** What is announced of this node, why, and how it came to that. */
export function announcementFamilies(status: Status): Family[] {
  const { announcedAddresses, announcement, counts, flaps, ranges } = status;
  const reason = announcement.state === 'announced' ? [] : [announcement.reason];
  return [
    gauge(
      'fairlead_announced',
      'Whether a prefix is announced, deprioritised or in full',
      ranges.map((prefix) => [{ prefix }, isAnnounced(status, prefix) ? 1 : 0]),
    ),
    gauge(
      'fairlead_announced_addresses',
      'Single addresses of Services that are announced beside the ranges',
      announcedAddresses,
    ),
    gauge(
      'fairlead_announcement_state',
      'How the prefixes are announced: 1 for the state in force',
      oneOf('state', ANNOUNCEMENT_STATES, announcement.state),
    ),
    gauge(
      'fairlead_announcement_reason',
      'Why not in full: 1 for the reason in force',
      reason.map((one) => [{ reason: one }, 1]),
    ),
    gauge(
      'fairlead_announcement_since_timestamp_seconds',
      'When the announcement last changed, as a Unix time',
      announcement.since / 1000,
    ),
    gauge('fairlead_announcement_flaps', 'Full announcements taken back of late; each doubles the hold-down', flaps),
    counter(
      'fairlead_announcement_transitions_total',
      'Changes of the announcement, by what it was, what it is and why',
      counts.transitions.map(({ count, from, reason: why = 'none', to }) => [{ from, to, reason: why }, count]),
    ),
    ...drainFamilies(status),
  ];
}

function drainFamilies({ census, drain }: Status): Family[] {
  const others = census.known ? census.others.filter(({ state }) => state === 'announced').length : undefined;
  return [
    gauge(
      'fairlead_drain_stage',
      'How far a drain of this node is: 1 for the stage it is in',
      oneOf('stage', DRAIN_STAGES, drain?.stage),
    ),
    gauge('fairlead_drain_connections', 'Active connections when the drain counted them last', drain?.connections),
    gauge('fairlead_announcers', 'Other nodes that announce in full; none while that is not known', others),
  ];
}
