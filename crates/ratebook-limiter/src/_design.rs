//! How the limiter works, and why its promise holds.
//!
//! The promise: for every published limit of L per W, the cost admitted within any interval of length W is at most L,
//! whatever the order, sizes, waits, cancellations and settlements of calls, and however late their callers are. The
//! shorter windows that some vendors also enforce have [a rule of their own](#sub-windows). `tests/oracle` and
//! `tests/promise.rs` in the repository check it against logs that keep every event.
//!
//! # Sliding windows
//!
//! Each limit keeps a log of what was admitted within the last W. A call of cost c is admitted at t only if the charges
//! of (t − W, t] and c together are at most L. Take any half-open interval of length W, and the last admission in it,
//! at t. All other admissions in it lie within (t − W, t], so when the last was admitted, all of them together were at
//! most L. What is left to show is that the log never forgets a charge early.
//!
//! The log is a ring of slots, each a moment and the units charged then. It has as many slots as the limit has units,
//! up to the [resolution](crate::AccountBuilder::resolution). Where it has fewer, the charges of one slot width share a
//! slot, and the slot expires when its *youngest* charge is W old: at most one slot width late for the others, and
//! early for none. Under steady pressure this costs nothing: new charges are made at the moments at which slots expire,
//! so they fall into slots of their own.
//!
//! # Several limits
//!
//! A decision checks all limits of a call and then charges all of them or none, in one critical section. No order of
//! calls observes or leaves a partial charge.
//!
//! While nothing waits, that section is a spin lock around one credit per limit. A credit holds what its meter has lent
//! for the current tick of the clock: calls take from credits, and the meters charge the sum at the tick's end. When a
//! credit runs short, the schedule decides under the account's mutex.
//!
//! # Time of a charge
//!
//! The vendor counts a call when it arrives, so a charge is dated by when its permit is handed out. A waiting call
//! whose turn has come is charged, so that no other call takes its room, and its caller is woken. When the caller
//! polls, the charge moves to that moment. If the charge has expired by then, the call is decided again. The time
//! between the permit and the request on the wire is the caller's.
//!
//! # Clock
//!
//! The [system's coarse clock](crate::Clock::system) may lag by some milliseconds, and costs a tenth of the precise
//! one. A reading is therefore an interval that contains the true time. Charges are dated by its end and expiry by its
//! beginning, so the time between a charge and its expiry is never overestimated. Waits are computed from the precise
//! clock.
//!
//! # Settlement
//!
//! Usage below the estimate is refunded as of the charge, so the window that held the charge holds less. Usage above
//! the estimate is a debt, charged as of now. The sum may then exceed L; by the rule above, nothing is admitted until
//! it is below L again. A limit owes at most one full window at a time. What is reported beyond that is dropped and
//! [counted](crate::PoolSnapshot::dropped), so that a response with an absurd count blocks no pool for longer.
//!
//! # Waiting
//!
//! A waiting call holds nothing and is charged in its turn. Dropping it leaves nothing behind, and a call that waits
//! for tokens takes no request from others. The queue admits in order of arrival with conservative backfilling, as
//! batch schedulers do (Feitelson and Weil, 1998): a younger call passes an older one only if that does not delay the
//! older one. Younger calls therefore never delay the oldest call, and no call starves.
//!
//! A caller that does not claim its turn within the [grace](crate::AccountBuilder::grace) keeps its place, but is
//! passed over until it is polled. However many futures and tickets are unpolled, the others are delayed by at most one
//! grace.
//!
//! # Forecasts
//!
//! The wait that a refusal states is a forecast: a copy of the queue is run ahead, from one moment with room to the
//! next. It is exact as long as nothing is settled, dropped or changed, and no call arrives. With more than 1,024
//! waiting calls it is estimated from sums.
//!
//! # Calls that never fit
//!
//! A call above a limit in force (as published, narrowed by responses, set, or grown so far) is refused at once, also
//! while it waits. A call that does not fit blocks no other.
//!
//! # Even pace
//!
//! [`Burst::Smooth`](crate::Burst::Smooth) adds a token bucket of burst b and rate (L − b)/W, kept as GCRA. A server
//! that estimates by a sliding counter (the previous fixed window, weighted by its overlap with the sliding one, plus
//! the whole current one) then never counts more than L. With p units in the previous fixed window and q in the current
//! one, of which a fraction f has elapsed, p + q ≤ b + (1 + f)(L − b) and q ≤ b + f(L − b), so p(1 − f) + q ≤ L. A
//! settlement leaves the bucket as if the call had cost its real usage from the beginning, so the bound holds for usage
//! too.
//!
//! # Sub-windows
//!
//! Some vendors enforce a limit per minute in sub-windows of a second. The limiter then enforces both windows. A call
//! above the sub-window's amount is admitted into an empty sub-window, and occupies it for the time in which the limit
//! frees that amount: a tenth of the limit occupies it for 6 seconds. The estimate counts at first, and the usage once
//! it is settled.
//!
//! # Days, weeks and months
//!
//! Windows of days, weeks and months follow the calendar in the vendor's time zone where the vendor's do
//! ([`calendar`](crate::AccountBuilder::calendar)), by the wall clock, which also advances while a machine sleeps. A
//! call at midnight counts toward both days. Otherwise the windows slide, and a month is 31 days, the longest that a
//! calendar has. Every other window slides, whatever its length.
//!
//! # Growth
//!
//! Some vendors state amounts that apply after some minutes of sustained use, which they do not define. The limiter
//! reads it cautiously: a minute in which at least half of the limit was used counts as one, and an idle minute
//! subtracts one. Where a vendor states a rule ([`growth`](crate::AccountBuilder::growth)), a limit grows after a whole
//! interval in which the stated share was used. Vendors do not state when their intervals begin, so the rule is
//! replayed with 32 beginnings, and the lowest limit is in force. Where a vendor refuses steep rises, requests [start
//! slowly](crate::AccountBuilder::slow_start) after the account is built and after idle times.
//!
//! # Penalties
//!
//! Where a vendor refuses every call for a time after too many refused or failed ones
//! ([`Policy::penalties`](ratebook::Policy::penalties)), the account counts them as their responses are observed, and
//! pauses as a whole. The vendor counts a call before its response reaches the account, so the account's pause never
//! ends before the vendor's penalty.
