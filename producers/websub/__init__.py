"""WebSub (W3C Recommendation, 2018): hubs tell us of news, so that a feed need not be asked every few minutes.

Off unless ``producer.callback`` names the public address under which hubs reach this machine.

**A push is a signal, never content.** A signed delivery makes its feed be polled now; what it holds is thrown away
once its signature is checked. So the feed as its publisher serves it stays the only source of entries, and

- deliveries twice, replayed, out of order, cut down to what is new (5: "the hub MAY remove entries"), altered by the
  hub, or signed with SHA-1, cannot change an article: at worst the feed is asked once more, with a conditional GET;
- an old delivery, replayed, cannot bring back the old text of an edited entry as a new revision;
- a partial document cannot give an entry a second id: whether a GUID names anything is seen from the whole feed
  (``parsed.distinct``), and neither can a pushed entry that a cache's copy of the feed does not show yet look removed;
- a hub's bytes reach no parser, no dead letter and no Kafka message;
- another feed's topic, claimed with ``rel=self``, gives its claimant nothing but useless polls.

The price is one conditional GET a push. Announcements that lead to nothing are believed less and less, those whose
news a cache still hides are followed up (``announcements``).

**Any process answers any hub.** Several producers share one public address, and a load balancer sends a request to
any of them. So nothing has to be looked up: the path of a callback says which feed, outlet, hub and topic it was made
for, and is signed with ``producer.callback_secret``; the secret of a subscription is derived from the same
(``callbacks``). Whoever gets a request checks it, writes an event to the topic ``feed-pushes`` on the partition of the
outlet, and answers when Kafka has it. The owner of the outlet reads it there (``WebSub.heard``): that a subscription
is verified and for how long, that it was denied, that there is news.

**Intent** is verified by the path: it is unguessable, only the hub that we asked was ever told it, and it holds a
digest of the topic that we asked for, so a process that does not own the feed can confirm safely. A process that does
own it also refuses what it no longer wants. A hub that ends a subscription unasked gains nothing that it could not
have by silence; the owner hears of it and subscribes again.

**Nothing is kept.** A producer that starts, or takes over a feed, asks the hub again after the first successful poll,
which the hub has to take as a renewal (5.1). Until the hub has verified, the feed is polled at its usual interval.

**Polling never stops**, it only may stretch while ``WebSub.subscribed`` says so: the lease runs, and the hub has not
three times in a row left it to a poll to find the news.
"""
