//! The credits under the lock, in one thread, and in every interleaving of two.

use std::sync::Arc;

use ratebook::Weight;

use super::credit::INLINE_SLOTS;
use super::{Credit, CreditRef, FastLock};
use crate::cost::{Common, Cost, Dimension, Measure};

fn credits() -> [CreditRef; 2] {
    // One inline credit, and one that stores its own headroom.
    [(Common::Requests, 0), (Common::Tokens, INLINE_SLOTS)].map(|(dimension, number)| {
        let measure = Measure::new(Dimension::Common(dimension), Weight::ONE);
        CreditRef::new(&Arc::new(Credit::new(number)), measure)
    })
}

#[cfg(not(ratebook_loom))]
mod unit {
    use super::*;

    #[test]
    fn a_call_is_charged_to_all_its_credits_or_to_none() {
        let (fast_lock, credits) = (FastLock::new(), credits());
        let guard = fast_lock.lock();
        guard.open(7);
        guard.lend(&credits[0].credit, 2, false);
        guard.lend(&credits[1].credit, 100, false);
        let large = Cost::tokens(90);
        assert!(guard.try_charge(7, &credits, &large));
        assert!(!guard.try_charge(7, &credits, &Cost::tokens(11)));
        assert!(!guard.try_charge(8, &credits, &Cost::tokens(1)), "wrong tick");
        assert!(guard.refund(7, &credits, &large, &Cost::nothing()));
        assert_eq!(credits.each_ref().map(|credit_ref| guard.take_back(&credit_ref.credit)), [2, 100]);
        assert!(!guard.try_charge(7, &credits, &Cost::tokens(1)), "taken back");
        assert!(!guard.refund(7, &credits, &Cost::tokens(1), &Cost::nothing()), "taken back");
    }

    #[test]
    fn a_closed_tick_admits_and_refunds_nothing() {
        let (fast_lock, credits) = (FastLock::new(), credits());
        let guard = fast_lock.lock();
        guard.open(7);
        credits.iter().for_each(|credit_ref| guard.lend(&credit_ref.credit, 9, false));
        guard.close();
        assert!(!guard.try_charge(7, &credits, &Cost::tokens(1)));
        assert!(!guard.refund(7, &credits, &Cost::tokens(1), &Cost::nothing()));
    }
}

#[cfg(ratebook_loom)]
mod loom_tests {
    use super::*;
    use loom::thread;

    /// Two threads: a caller, and the schedule between its calls. More threads would need a fair scheduler, which
    /// loom's model of a spin lock does not have.
    #[test]
    fn no_interleaving_admits_more_than_was_lent_or_shows_a_partial_charge() {
        loom::model(|| {
            let shared = loom::sync::Arc::new((FastLock::new(), credits()));
            {
                let guard = shared.0.lock();
                guard.open(1);
                guard.lend(&shared.1[0].credit, 2, false);
                guard.lend(&shared.1[1].credit, 20, false);
            }
            let call = Cost::tokens(10);
            let caller = {
                let shared = loom::sync::Arc::clone(&shared);
                thread::spawn(move || {
                    let taken = (0..2).filter(|_| shared.0.lock().try_charge(1, &shared.1, &call)).count() as u64;
                    if taken == 2 && shared.0.lock().refund(1, &shared.1, &call, &Cost::nothing()) { 1 } else { taken }
                })
            };
            let (fast_lock, credits) = &*shared;
            let mut taken = u64::from(fast_lock.lock().try_charge(1, credits, &call));
            let left = {
                let guard = fast_lock.lock();
                credits.each_ref().map(|credit_ref| guard.take_back(&credit_ref.credit))
            };
            assert_eq!(left[1], left[0] * 10, "a partial charge was visible");
            {
                let guard = fast_lock.lock();
                (0..2).for_each(|at| guard.lend(&credits[at].credit, left[at], false));
            }
            taken += caller.join().unwrap();
            let guard = fast_lock.lock();
            assert!(taken <= 2);
            assert_eq!(
                credits.each_ref().map(|credit_ref| guard.take_back(&credit_ref.credit)),
                [2 - taken, 10 * (2 - taken)]
            );
        });
    }

    /// A refund of one thread may be taken by another, and the sum stays the same.
    #[test]
    fn a_refund_is_available_once() {
        loom::model(|| {
            let shared = loom::sync::Arc::new((FastLock::new(), credits()));
            shared.0.lock().open(1);
            shared.1.iter().for_each(|credit_ref| shared.0.lock().lend(&credit_ref.credit, 0, false));
            let refunder = {
                let shared = loom::sync::Arc::clone(&shared);
                thread::spawn(move || assert!(shared.0.lock().refund(1, &shared.1, &Cost::tokens(1), &Cost::nothing())))
            };
            let taken = u64::from(shared.0.lock().try_charge(1, &shared.1, &Cost::tokens(1)));
            refunder.join().unwrap();
            assert_eq!(
                shared.1.each_ref().map(|credit_ref| shared.0.lock().take_back(&credit_ref.credit)),
                [1 - taken; 2]
            );
        });
    }
}
