//! A metric with its window: `requests/minute`.

use std::fmt;

use ratebook_source::{Metric, Period};
use serde::de::{self, Deserialize, Deserializer};

/// A metric and the period it is counted over. Written `requests/minute`, or `concurrent_requests` without a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricWindow {
    /// The metric.
    pub metric: Metric,
    /// The period. `None` for a concurrency limit or a resource.
    pub per: Option<Period>,
}

impl MetricWindow {
    /// Parses a metric with its period.
    ///
    /// # Errors
    /// Returns a message if the metric or the period is unknown. For a metric, it lists the known words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (metric, per) = match text.split_once('/') {
            Some((metric, per)) => {
                let unknown = || format!("expected a period such as minute or 10s after `/`, found `{per}`");
                (metric, Some(Period::from_text(per).ok_or_else(unknown)?))
            }
            None => (text, None),
        };
        Ok(Self { metric: metric.parse().map_err(|error: ratebook_source::UnknownWord| error.to_string())?, per })
    }
}

impl fmt::Display for MetricWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.per {
            Some(per) => write!(f, "{}/{per}", self.metric),
            None => write!(f, "{}", self.metric),
        }
    }
}

impl<'de> Deserialize<'de> for MetricWindow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_with_its_window_reads_back_as_written() {
        for text in ["requests/minute", "tokens/day", "requests/10s", "gpus", "spend_usd/month"] {
            assert_eq!(MetricWindow::parse(text).unwrap().to_string(), text);
        }
        assert!(MetricWindow::parse("request/minute").unwrap_err().contains("requests"));
        assert!(MetricWindow::parse("requests/minutes").is_err());
    }
}
