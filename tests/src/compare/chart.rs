//! The load that clients send, against the limit, as a picture.

use std::path::Path;

use plotters::prelude::*;
use ratebook_limiter::Burst;
use ratebook_sim::{Algorithm, Client, SECOND};
use std::time::Duration;

use super::clients::{Backoff, PerMinute, TwoGovernors};
use super::scenarios::kind;
use super::tables::{QUIET, ours, simulation};

/// Draws the calls that three clients send within each last minute, of a vendor that allows 300.
pub fn draw(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let policy = &kind("cloudflare");
    let algorithm = Algorithm::SlidingLog;
    let plan = simulation(policy, algorithm, QUIET).with_duration(300 * SECOND);
    let limits = PerMinute::of(plan.server().rules(), &policy.each);
    let clients: [(&str, RGBColor, Box<dyn Client>); 3] = [
        ("retry with backoff", RGBColor(200, 120, 40), Box::new(Backoff::new())),
        ("two governors", RGBColor(120, 120, 160), Box::new(TwoGovernors::new(limits))),
        ("ratebook", RGBColor(20, 130, 90), Box::new(ours(policy, Burst::Full, Duration::ZERO))),
    ];
    let most = 3 * limits.requests;
    let root = SVGBackend::new(path, (860, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let caption = "Calls sent within the last minute, and the vendor's limit";
    let mut chart = ChartBuilder::on(&root)
        .caption(caption, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(48)
        .build_cartesian_2d(0u64..plan.duration() / SECOND, 0u64..most)?;
    chart.configure_mesh().x_desc("seconds").light_line_style(WHITE).draw()?;
    let limit = [(0, limits.requests), (plan.duration() / SECOND, limits.requests)];
    chart
        .draw_series(LineSeries::new(limit, BLACK.stroke_width(1)))?
        .label(format!("limit: {} a minute", limits.requests))
        .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], BLACK));
    for (name, color, mut client) in clients {
        let report = plan.run(&mut [client.as_mut()]);
        let by_second = report.arrived_by_second();
        let within = |second: usize| by_second[second.saturating_sub(59)..=second].iter().sum::<u64>().min(most);
        let line = (0..by_second.len()).map(|second| (second as u64, within(second)));
        chart
            .draw_series(LineSeries::new(line, color.stroke_width(2)))?
            .label(format!("{name}: {} refused", report.refused))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
    }
    chart.configure_series_labels().background_style(WHITE).border_style(BLACK).draw()?;
    root.present()?;
    Ok(())
}
