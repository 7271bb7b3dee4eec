//! Values with a fixed layout in guest memory.

/// A plain value with a fixed little-endian layout: that which clang gives the C type of the same
/// shape for `wasm32`.
///
/// Every pattern of bytes is a value of the type. So neither `bool` nor `char` nor an `enum` is one:
/// read the integer, and [`validate`](crate::Untrusted::validate) it.
///
/// Integers, floats, arrays and [`GuestPtr`](crate::GuestPtr) are such values;
/// [`guest_record!`](crate::guest_record) makes structures of them.
pub trait GuestValue: Copy {
    /// Bytes that the value takes.
    const SIZE: usize;

    /// The alignment that C gives the type. Accesses of guest memory need none; it decides where the
    /// fields of a record are.
    const ALIGN: usize;

    /// The value in the first [`SIZE`](Self::SIZE) bytes. Bytes that are not there count as zero;
    /// the accessors of memories check before.
    fn from_guest(bytes: &[u8]) -> Self;

    /// Writes the value to the first [`SIZE`](Self::SIZE) bytes, as far as they are there. Padding
    /// is left as it is.
    fn to_guest(&self, bytes: &mut [u8]);
}

macro_rules! numbers {
    ($($ty:ty)*) => {$(
        impl GuestValue for $ty {
            const SIZE: usize = size_of::<$ty>();
            const ALIGN: usize = size_of::<$ty>();

            #[inline]
            fn from_guest(bytes: &[u8]) -> Self {
                <$ty>::from_le_bytes(bytes.first_chunk().copied().unwrap_or_default())
            }

            #[inline]
            fn to_guest(&self, bytes: &mut [u8]) {
                if let Some(into) = bytes.first_chunk_mut() {
                    *into = self.to_le_bytes();
                }
            }
        }
    )*};
}

numbers! { u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 }

impl<T: GuestValue, const N: usize> GuestValue for [T; N] {
    const SIZE: usize = T::SIZE * N;
    const ALIGN: usize = T::ALIGN;

    #[inline]
    fn from_guest(bytes: &[u8]) -> Self {
        core::array::from_fn(|i| T::from_guest(bytes.get(i * T::SIZE..).unwrap_or_default()))
    }

    #[inline]
    fn to_guest(&self, bytes: &mut [u8]) {
        for (i, value) in self.iter().enumerate() {
            value.to_guest(bytes.get_mut(i * T::SIZE..).unwrap_or_default());
        }
    }
}

/// The layout of a record while its fields are added in order, as C has it: each at the next
/// multiple of its alignment. For [`guest_record!`](crate::guest_record).
#[derive(Clone, Copy, Debug)]
pub struct RecordLayout {
    end: usize,
    align: usize,
}

impl RecordLayout {
    /// A record without fields.
    #[allow(clippy::new_without_default, reason = "hidden: made by the macro alone")]
    #[must_use]
    pub const fn new() -> Self {
        Self { end: 0, align: 1 }
    }

    /// With one more field.
    #[must_use]
    pub const fn field<T: GuestValue>(self) -> Self {
        let align = if T::ALIGN > self.align { T::ALIGN } else { self.align };
        Self { end: self.start::<T>() + T::SIZE, align }
    }

    const fn start<T: GuestValue>(self) -> usize {
        self.end.next_multiple_of(if T::ALIGN == 0 { 1 } else { T::ALIGN })
    }

    /// The size of the record: its end, padded to its alignment.
    #[must_use]
    pub const fn size(self) -> usize {
        self.end.next_multiple_of(self.align)
    }

    /// The alignment of the record.
    #[must_use]
    pub const fn align(self) -> usize {
        self.align
    }

    /// Reads the next field of the record in `bytes`.
    pub fn read<T: GuestValue>(&mut self, bytes: &[u8]) -> T {
        let start = self.start::<T>();
        *self = self.field::<T>();
        T::from_guest(bytes.get(start..).unwrap_or_default())
    }

    /// Writes the next field of the record in `bytes`.
    pub fn write<T: GuestValue>(&mut self, value: &T, bytes: &mut [u8]) {
        let start = self.start::<T>();
        *self = self.field::<T>();
        value.to_guest(bytes.get_mut(start..).unwrap_or_default());
    }
}

/// Defines structures that lie in guest memory as C lays out a `struct` of the same fields: each at
/// the next multiple of its alignment, the whole padded to the largest one.
///
/// Fields are of any types that are [`GuestValue`]s. The structures are [`Clone`] and [`Copy`];
/// derive more as usual.
///
/// ```
/// use herkos_runtime::{GuestPtr, GuestValue, guest_record};
///
/// guest_record! {
///     /// `struct image { uint32_t width, height; uint8_t channels; uint8_t *pixels; };`
///     #[derive(Debug, PartialEq)]
///     pub struct Image {
///         pub width: u32,
///         pub height: u32,
///         pub channels: u8,
///         pub pixels: GuestPtr<u8>, // at 12
///     }
/// }
/// assert_eq!(Image::SIZE, 16);
/// ```
#[macro_export]
macro_rules! guest_record {
    ($($(#[$about:meta])* $vis:vis struct $name:ident {
        $($(#[$field_about:meta])* $field_vis:vis $field:ident: $ty:ty),* $(,)?
    })*) => {$(
        $(#[$about])*
        #[derive(::core::clone::Clone, ::core::marker::Copy)]
        $vis struct $name {
            $($(#[$field_about])* $field_vis $field: $ty),*
        }

        impl $crate::GuestValue for $name {
            const SIZE: usize = $crate::RecordLayout::new()$(.field::<$ty>())*.size();
            const ALIGN: usize = $crate::RecordLayout::new()$(.field::<$ty>())*.align();

            #[allow(unused, reason = "there may be no fields")]
            fn from_guest(bytes: &[u8]) -> Self {
                let mut layout = $crate::RecordLayout::new();
                Self { $($field: layout.read(bytes)),* }
            }

            #[allow(unused, reason = "there may be no fields")]
            fn to_guest(&self, bytes: &mut [u8]) {
                let mut layout = $crate::RecordLayout::new();
                $(layout.write(&self.$field, bytes);)*
            }
        }
    )*};
}
