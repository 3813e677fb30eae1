//! The frame of the plots in `docs`: SVG that follows the reader's light or dark scheme and needs no fonts or scripts.
//!
//! A plot is drawn in pixels of a README's width. [`Axis`] takes values to pixels and knows its round ticks; [`Plot`]
//! draws axes, curves and bars. Series differ by colour (Okabe and Ito's, legible to the colour-blind) and by dash.

use std::fmt::Write as _;

/// The width of every plot: a README's column.
pub const WIDTH: f64 = 800.0;

/// The number of series that can be told apart.
pub const SERIES: usize = 6;

const STYLE: &str = "
  :root { --ground: #ffffff; --ink: #1f2328; --faint: #59636e; --grid: #d8dee4;
    --s0: #0072b2; --s1: #d55e00; --s2: #00805d; --s3: #a8467c; --s4: #8a6d00; --s5: #57606a }
  @media (prefers-color-scheme: dark) {
    :root { --ground: #0d1117; --ink: #e6edf3; --faint: #9198a1; --grid: #30363d;
      --s0: #56b4e9; --s1: #f0883e; --s2: #2fc79a; --s3: #e39bc6; --s4: #e3c341; --s5: #b1bac4 } }
  text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; fill: var(--ink) }
  .title { font-size: 16px; font-weight: 600 }
  .faint { fill: var(--faint) }
  .ground { fill: var(--ground); stroke: var(--grid) }
  .grid { stroke: var(--grid); stroke-width: 1 }
  .curve { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round }
  .c0 { stroke: var(--s0) } .b0 { fill: var(--s0) }
  .c1 { stroke: var(--s1); stroke-dasharray: 9 4 } .b1 { fill: var(--s1) }
  .c2 { stroke: var(--s2); stroke-dasharray: 2 5 } .b2 { fill: var(--s2) }
  .c3 { stroke: var(--s3); stroke-dasharray: 12 4 2 4 } .b3 { fill: var(--s3) }
  .c4 { stroke: var(--s4); stroke-dasharray: 5 3 } .b4 { fill: var(--s4) }
  .c5 { stroke: var(--s5); stroke-dasharray: 1 3 } .b5 { fill: var(--s5) }
";

/// The way from values to pixels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scale {
    /// Equal steps are equally long.
    Linear,
    /// Equal factors are equally long; only for values above zero.
    Logarithmic,
}

/// An axis: a range of values over a range of pixels.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The name of what is shown, with its unit.
    pub label: String,
    /// The least and the greatest value.
    pub values: (f64, f64),
    /// The places of those two.
    pub pixels: (f64, f64),
    /// The way between them.
    pub scale: Scale,
}

impl Axis {
    /// Returns the place of a value.
    #[must_use]
    pub fn at(&self, value: f64) -> f64 {
        let of = |value: f64| match self.scale {
            Scale::Linear => value,
            Scale::Logarithmic => value.log10(),
        };
        let (from, to) = self.values;
        self.pixels.0 + (of(value) - of(from)) / (of(to) - of(from)) * (self.pixels.1 - self.pixels.0)
    }

    /// Returns the round values within the range: steps of 1, 2 or 5 times a power of ten, at most eight of them; on
    /// a logarithmic axis the powers of ten themselves.
    #[must_use]
    pub fn ticks(&self) -> Vec<f64> {
        let (from, to) = self.values;
        if self.scale == Scale::Logarithmic {
            let powers =
                std::iter::successors(Some(10_f64.powf(from.log10().ceil())), |tick| Some(tick * 10.0));
            return powers.take_while(|tick| *tick <= to * 1.000_001).collect();
        }
        let power = 10_f64.powf(((to - from) / 8.0).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = steps.into_iter().find(|step| (to - from) / step <= 8.0).unwrap_or(power * 10.0);
        let nth = |n: i32| ((from / step).ceil() + f64::from(n)) * step;
        (0..9).map(nth).take_while(|tick| *tick <= to + step * 1e-6).collect()
    }
}

/// A plot that is being drawn. Later things lie above earlier ones.
#[derive(Clone, Debug)]
pub struct Plot {
    height: f64,
    title: String,
    description: String,
    body: String,
}

impl Plot {
    /// Begins a plot of [`WIDTH`] by `height`, with its title drawn at the top. `description` says in a sentence or two
    /// what the plot shows, to those who hear it read.
    #[must_use]
    pub fn new(title: &str, description: &str, height: f64) -> Self {
        let mut plot =
            Self { height, title: escaped(title), description: escaped(description), body: String::new() };
        plot.text((16.0, 26.0), "title", title);
        plot
    }

    /// Writes a text that begins at a place. `class` is `title`, `faint` or nothing.
    pub fn text(&mut self, (x, y): (f64, f64), class: &str, text: &str) {
        self.anchored((x, y), "start", class, text);
    }

    /// Writes a text that ends at a place.
    pub fn text_to(&mut self, (x, y): (f64, f64), class: &str, text: &str) {
        self.anchored((x, y), "end", class, text);
    }

    fn anchored(&mut self, (x, y): (f64, f64), anchor: &str, class: &str, text: &str) {
        let text = escaped(text);
        let class = if class.is_empty() { String::new() } else { format!(r#" class="{class}""#) };
        self.push(&format!(r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}"{class}>{text}</text>"#));
    }

    /// Draws a horizontal axis, with lines of its ticks up to `top` and numbers and label below `bottom`.
    pub fn horizontal(&mut self, axis: &Axis, top: f64, bottom: f64) {
        for tick in axis.ticks() {
            let x = axis.at(tick);
            self.push(&format!(
                r#"<line x1="{x:.1}" y1="{top:.1}" x2="{x:.1}" y2="{bottom:.1}" class="grid"/>"#
            ));
            self.anchored((x, bottom + 18.0), "middle", "faint", &round(tick));
        }
        let middle = f64::midpoint(axis.pixels.0, axis.pixels.1);
        self.anchored((middle, bottom + 38.0), "middle", "", &axis.label);
    }

    /// Draws a vertical axis, with lines of its ticks from `left` to `right`, numbers left of them and the label above.
    pub fn vertical(&mut self, axis: &Axis, left: f64, right: f64) {
        for tick in axis.ticks() {
            let y = axis.at(tick);
            self.push(&format!(
                r#"<line x1="{left:.1}" y1="{y:.1}" x2="{right:.1}" y2="{y:.1}" class="grid"/>"#
            ));
            self.anchored((left - 8.0, y + 4.5), "end", "faint", &round(tick));
        }
        let top = axis.pixels.0.min(axis.pixels.1);
        self.text((16.0, top - 12.0), "", &axis.label);
    }

    /// Draws a curve through places, as the `series`-th of the plot, counted from zero.
    pub fn curve(&mut self, series: usize, places: &[(f64, f64)]) {
        let places: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let series = series % SERIES;
        self.push(&format!(r#"<polyline points="{}" class="curve c{series}"/>"#, places.join(" ")));
    }

    /// Draws a bar between two corners.
    pub fn bar(&mut self, series: usize, (left, top): (f64, f64), (right, bottom): (f64, f64)) {
        let (width, height, series) = (right - left, bottom - top, series % SERIES);
        self.push(&format!(
            r#"<rect x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}" rx="2" class="b{series}"/>"#
        ));
    }

    /// Draws a short sample of a series and its name beside it, for a legend.
    pub fn legend(&mut self, series: usize, (x, y): (f64, f64), name: &str) {
        self.curve(series, &[(x, y - 4.0), (x + 34.0, y - 4.0)]);
        self.text((x + 42.0, y), "", name);
    }

    /// Adds any other element of SVG.
    pub fn push(&mut self, element: &str) {
        self.body.push_str("  ");
        self.body.push_str(element);
        self.body.push('\n');
    }

    /// Returns the whole document.
    #[must_use]
    pub fn svg(&self) -> String {
        let Self { height, title, description, body } = self;
        let mut svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d">"#
        );
        let (right, bottom) = (WIDTH - 1.0, height - 1.0);
        let written = write!(
            svg,
            "\n  <title id=\"t\">{title}</title>\n  <desc id=\"d\">{description}</desc>\n  <style>{STYLE}  </style>\n  \
             <rect x=\"0.5\" y=\"0.5\" width=\"{right}\" height=\"{bottom}\" rx=\"6\" class=\"ground\"/>\n{body}</svg>\n"
        );
        written.expect("a string takes everything");
        svg
    }
}

/// Returns a text as SVG can hold it.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Returns a tick's value with no more digits than it needs: `0.5`, `20`, `10,000`.
#[must_use]
pub fn round(value: f64) -> String {
    let text = format!("{:.3}", value.abs());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}{rest}", grouped(whole.parse().unwrap_or(u64::MAX)))
}

/// Returns a number with its thousands apart: `10,000`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(values: (f64, f64), scale: Scale) -> Axis {
        Axis { label: "milliseconds".to_owned(), values, pixels: (100.0, 700.0), scale }
    }

    #[test]
    fn a_linear_axis_has_at_most_nine_round_ticks() {
        let ticks = |values| axis(values, Scale::Linear).ticks().into_iter().map(round).collect::<Vec<_>>();
        assert_eq!(ticks((0.0, 26.0)), ["0", "5", "10", "15", "20", "25"]);
        assert_eq!(ticks((0.0, 0.8)), ["0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8"]);
        assert_eq!(ticks((0.0, 12_345.0)), ["0", "2,000", "4,000", "6,000", "8,000", "10,000", "12,000"]);
        assert_eq!(ticks((-1_500.0, 1_500.0)), ["-1,500", "-1,000", "-500", "0", "500", "1,000", "1,500"]);
    }

    #[test]
    fn a_logarithmic_axis_has_the_powers_of_ten() {
        let axis = axis((1.0, 10_000.0), Scale::Logarithmic);
        let ticks: Vec<String> = axis.ticks().into_iter().map(round).collect();
        assert_eq!(ticks, ["1", "10", "100", "1,000", "10,000"]);
        assert_eq!(format!("{:.3}", axis.at(100.0)), "400.000");
    }

    #[test]
    fn a_text_cannot_leave_its_element() {
        let svg = Plot::new("a < b & c", "\"quoted\"", 200.0).svg();
        assert!(svg.contains("<title id=\"t\">a &lt; b &amp; c</title>"), "{svg}");
        assert!(svg.contains("<desc id=\"d\">&quot;quoted&quot;</desc>"), "{svg}");
    }
}
