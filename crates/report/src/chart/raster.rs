//! An SVG as PNG: drawn by resvg with the bundled font and no other, so that it is the same on every machine.

use std::sync::{Arc, OnceLock};

use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};
use resvg::{tiny_skia, usvg};

use super::font::{FAMILY, Weight};

/// Pixels of the PNG for one of the SVG: sharp on screens that have twice as many.
pub(super) const SCALE: u16 = 2;

/// Why an SVG cannot be drawn as PNG.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// It is not what resvg reads.
    #[error("the chart's SVG cannot be read: {0}")]
    Svg(#[from] usvg::Error),
    /// It is larger than a picture can be.
    #[error("the chart is too large for a PNG: {width} × {height} pixels")]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// It cannot be written as PNG.
    #[error("the chart cannot be written as PNG: {0}")]
    Png(#[from] png::EncodingError),
}

/// The SVG, drawn.
pub(super) fn png(svg: &str) -> Result<Vec<u8>, ChartError> {
    let tree = Tree::from_str(svg, &options())?;
    let size = tree.size().to_int_size();
    let (width, height) = (size.width() * u32::from(SCALE), size.height() * u32::from(SCALE));
    let mut pixels = tiny_skia::Pixmap::new(width, height).ok_or(ChartError::Size { width, height })?;
    let scale = f32::from(SCALE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    // The ground covers all of it: there is nothing to see through.
    let opaque: Vec<u8> = pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    // Even areas and few colours: a third smaller than what the encoder would choose.
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&opaque)?;
    writer.finish()?;
    Ok(file)
}

/// Nothing of the machine is in them.
pub(super) fn options() -> Options<'static> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut fonts = Database::new();
        Weight::ALL.iter().for_each(|weight| fonts.load_font_data(weight.bytes().to_vec()));
        fonts.set_sans_serif_family(FAMILY);
        Arc::new(fonts)
    });
    Options { fontdb: Arc::clone(fonts), font_family: FAMILY.to_owned(), ..Options::default() }
}
