//! Settings that replace the provider's policy: how the vendor enforces its limits, and how it answers.

use std::time::Duration;

#[cfg(feature = "feedback")]
use ratebook::Penalty;
use ratebook::{Calendar, Growth, MaxOutput};

use super::AccountBuilder;

impl AccountBuilder {
    /// Sets where days, weeks and months begin: in UTC, US Pacific time (with daylight saving) or the time of China.
    /// Weeks begin on Monday. Default: as in the provider's policy. If that is unstated or sliding, a day is the last
    /// 24 hours, a week the last seven days and a month the last 31 days at any moment. Except for a Pacific day of 25
    /// hours, that is at least as strict as any calendar.
    #[must_use]
    pub fn calendar(mut self, calendar: Calendar) -> Self {
        self.settings.calendar = calendar;
        self
    }

    /// Sets the dialect in which responses state limits, for a gateway in between or headers that the vendor's page
    /// does not mention. Default: [`Dialect::of`](crate::feedback::Dialect::of) the provider.
    #[cfg(feature = "feedback")]
    #[must_use]
    pub fn dialect(mut self, dialect: crate::feedback::Dialect) -> Self {
        self.settings.feedback.dialect = dialect;
        self
    }

    /// Sets what the maximum output of a call, such as `max_tokens`, counts. If the vendor charges it
    /// ([`MaxOutput::Charged`]), a settlement does not refund the output that the cost of the call states beyond the
    /// real one: state the maximum as the output of the cost. Otherwise it does. Default: as in the provider's policy;
    /// unstated for a [custom account](crate::Account::custom).
    ///
    /// ```
    /// use ratebook::MaxOutput;
    /// use ratebook_limiter::{Account, Cost, Quota, Usage};
    ///
    /// let own = Account::custom("ours").limit(Quota::tokens(1_000).per_minute());
    /// for (max_output, fits) in [(MaxOutput::Charged, false), (MaxOutput::Reserved, true)] {
    ///     let model = own.clone().max_output(max_output).build()?.model("any")?;
    ///     let permit = model.try_acquire(Cost::request().input(100).output(600)).unwrap();
    ///     permit.settle(Usage::new().input(100).output(20));
    ///     assert_eq!(model.try_acquire(Cost::request().input(500)).is_ok(), fits);
    /// }
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    #[must_use]
    pub fn max_output(mut self, counts: MaxOutput) -> Self {
        self.settings.provider.policy_mut().max_output = counts;
        self
    }

    /// Also enforces limits per minute over a shorter window, in proportion, as some vendors do: a sixtieth of the
    /// limit in each second. The window must divide a minute. Default: as in the provider's policy; none for a [custom
    /// account](crate::Account::custom).
    #[must_use]
    pub fn sub_window(mut self, window: Duration) -> Self {
        self.sub_window = Some(window);
        self
    }

    /// Sets whether the vendor refuses a steep rise of the rate even below every limit. Default: as in the provider's
    /// policy; `false` for a [custom account](crate::Account::custom).
    #[must_use]
    pub fn acceleration_limit(mut self, is_enforced: bool) -> Self {
        self.settings.provider.policy_mut().acceleration_limit = is_enforced;
        self
    }

    /// Adds a rule by which the vendor's limits grow while enough of them is used, over windows of up to an hour. It
    /// replaces a rule for the same metric. Growth is read cautiously: the vendor's intervals may begin at any time, a
    /// limit grows after a whole interval of enough use, and without a stated decrease each interval without use undoes
    /// one growth. A limit that is a ceiling grows from the amount that responses state. Limits that are negotiated, or
    /// that the program adds to those of the catalog, do not grow. Default: as in the provider's policy; none for a
    /// [custom account](crate::Account::custom).
    ///
    /// ```
    /// use std::time::Duration;
    /// use ratebook::Growth;
    /// use ratebook_limiter::{Account, Cost, ManualClock, Quota};
    ///
    /// // 10 % more for the next minute, whenever 70 % was used in one.
    /// let growth = Growth::new(10, 60, 70);
    /// let clock = ManualClock::new();
    /// let account = Account::custom("ours").limit(Quota::requests(100).per_minute()).growth(growth);
    /// let model = account.clock(clock.clock()).build()?.model("any")?;
    /// let admitted = || (0..).take_while(|_| model.try_acquire(Cost::request()).is_ok()).count();
    /// let mut minutes = Vec::new();
    /// for _ in 0..5 {
    ///     minutes.push(admitted());
    ///     clock.advance(Duration::from_secs(60));
    /// }
    /// assert_eq!(minutes, [100, 110, 121, 133, 146]);
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    #[must_use]
    pub fn growth(mut self, growth: Growth) -> Self {
        self.settings.growth.push(growth);
        self
    }

    /// Adds a penalty: after too many refused or failed calls, the vendor refuses every call of the account for a time.
    /// The response that completes the number of calls pauses the whole account for that time, lengthened by the
    /// [jitter](Self::jitter). Requires that responses are observed. Default: as in the provider's policy; none for a
    /// [custom account](crate::Account::custom).
    ///
    /// ```
    /// use std::time::Duration;
    /// use ratebook::{Penalty, PenaltyTrigger};
    /// use ratebook_limiter::{Account, Cost, ManualClock, PauseReason, Quota, Refused};
    ///
    /// let penalty = Penalty::new(PenaltyTrigger::Failed, 20, 30).within(30);
    /// let clock = ManualClock::new();
    /// let account = Account::custom("ours").limit(Quota::requests(500).per_minute()).penalty(penalty);
    /// let model = account.clock(clock.clock()).build()?.model("any")?;
    /// for _ in 0..20 {
    ///     model.try_acquire(Cost::request()).unwrap().observe(400, &(), b"");
    /// }
    /// let Err(Refused::Wait(wait)) = model.try_acquire(Cost::request()) else { panic!() };
    /// assert_eq!(wait.delay(), Some(Duration::from_secs(30)));
    /// assert_eq!(wait.limit.pause_reason(), Some(PauseReason::Penalty(PenaltyTrigger::Failed)));
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    #[cfg(feature = "feedback")]
    #[must_use]
    pub fn penalty(mut self, penalty: Penalty) -> Self {
        self.settings.penalties.push(penalty);
        self
    }

    /// Sets the time in seconds after which a refusal that states no time is typically over: the longest backoff.
    /// Default: as in the provider's policy, otherwise 60.
    #[cfg(feature = "feedback")]
    #[must_use]
    pub fn recovery_seconds(mut self, seconds: u32) -> Self {
        self.settings.provider.policy_mut().recovery_seconds = Some(seconds);
        self
    }
}
