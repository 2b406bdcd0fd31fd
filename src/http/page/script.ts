/**
 * What keeps an open page up to date: takes in the sections that the server sends, and says so when it sends none. It is
 * sent as it stands, and its hash is in the Content-Security-Policy of the page.
 */
export const SCRIPT = `'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  // Of the node, in milliseconds: its clock may not be that of this browser.
  let ahead = Number(document.body.dataset.at) - Date.now();
  let stream;
  let heardAt = 0;
  let lostAt;
  let waiting = {};

  const ages = () => {
    const now = Date.now() + ahead;
    for (const age of document.querySelectorAll('[data-since]')) {
      const ms = now - Number(age.dataset.since);
      const text = ms < 0 ? ' (in ' + long(-ms) + ')' : ' (' + long(ms) + ' ago)';
      if (age.textContent !== text) age.textContent = text;
    }
  };
  const long = (ms) => {
    const seconds = Math.floor(ms / 1000);
    const steps = [[86400, 'd', 3600, 'h'], [3600, 'h', 60, 'min'], [60, 'min', 1, 's']];
    const step = steps.find(([size]) => seconds >= size);
    if (!step) return seconds + ' s';
    const rest = Math.floor((seconds % step[0]) / step[2]);
    return Math.floor(seconds / step[0]) + ' ' + step[1] + (rest ? ' ' + rest + ' ' + step[3] : '');
  };

  const say = (text) => {
    const connection = byId('connection');
    if (connection.textContent !== text) connection.textContent = text;
    connection.className = lostAt === undefined ? 'live' : 'lost';
    document.body.classList.toggle('stale', lostAt !== undefined);
  };
  const heard = (at) => {
    heardAt = Date.now();
    ahead = at - heardAt;
    lostAt = undefined;
    say('live');
  };
  const lost = () => {
    if (lostAt === undefined) lostAt = new Date(heardAt || Date.now());
    const at = new Date(lostAt.getTime() + ahead).toISOString().slice(11, 19);
    say('not connected since ' + at + ' UTC: what is shown is of then');
  };

  // A section that is being marked for copying is left alone until it is not.
  const isMarked = (element) => {
    const selection = getSelection();
    return !selection.isCollapsed && selection.containsNode(element, true);
  };
  // The id of what is not to move: what has the focus, or else the section that is read.
  const looksAt = () => {
    const box = document.activeElement.getBoundingClientRect();
    if (document.activeElement.id && box.bottom > 0 && box.top < innerHeight) return document.activeElement.id;
    const section = document.elementFromPoint(innerWidth / 2, innerHeight / 3)?.closest('section');
    return section ? section.getAttribute('aria-labelledby') : '';
  };
  const topOf = (id) => (byId(id) ? byId(id).getBoundingClientRect().top : undefined);
  const takeIn = () => {
    const held = looksAt();
    const before = topOf(held);
    const state = document.querySelector('[data-title]').dataset.title;
    for (const [id, markup] of Object.entries(waiting)) {
      const element = byId(id);
      if (!element || isMarked(element)) continue;
      delete waiting[id];
      swap(element, markup);
    }
    ages();
    const title = document.querySelector('[data-title]').dataset.title;
    document.title = title;
    if (title !== state) byId('said').textContent = title.slice(2);
    const moved = topOf(held) - before;
    if (moved && scrollY > 0) scrollBy(0, moved);
  };
  const swap = (element, markup) => {
    const focused = element.contains(document.activeElement) ? document.activeElement.id : '';
    const open = [...element.querySelectorAll('details[open]')].map((one) => one.id);
    element.innerHTML = markup;
    for (const id of open) if (byId(id)) byId(id).open = true;
    if (focused && byId(focused)) byId(focused).focus({ preventScroll: true });
  };

  const connect = () => {
    if (stream) stream.close();
    heardAt = heardAt && Date.now();
    const filter = byId('filter').value.trim();
    stream = new EventSource('/events' + (filter ? '?filter=' + encodeURIComponent(filter) : ''));
    stream.addEventListener('sections', ({ data }) => {
      const { at, sections } = JSON.parse(data);
      Object.assign(waiting, sections);
      heard(at);
      takeIn();
    });
    stream.addEventListener('beat', ({ data }) => heard(Number(data)));
    stream.addEventListener('error', lost);
  };

  let typed;
  byId('filter').addEventListener('input', () => {
    clearTimeout(typed);
    typed = setTimeout(() => {
      const filter = byId('filter').value.trim();
      history.replaceState(null, '', filter ? '/?filter=' + encodeURIComponent(filter) : '/');
      connect();
    }, 150);
  });
  byId('search').addEventListener('submit', (event) => event.preventDefault());
  document.addEventListener('selectionchange', () => {
    if (Object.keys(waiting).length > 0) takeIn();
  });
  setInterval(() => {
    ages();
    const silent = heardAt && Date.now() - heardAt > 15000;
    if (silent) lost();
    // A refusal ends an EventSource for good, and a connection that hangs never ends by itself.
    if (stream.readyState === 2 || silent) reconnect();
  }, 1000);
  let triedAt = 0;
  const reconnect = () => {
    if (Date.now() - triedAt < 3000) return;
    triedAt = Date.now();
    connect();
  };
  ages();
  connect();
})();
`;
