#!/bin/sh
# Takes out of the environment $1 what no step needs at run time. tests/docker runs the reference pipeline on what is left.
set -eu
cd "$1"/lib/python3.11/site-packages

# The packages' own tests, and what only a compiler reads.
find . -type d -name tests -prune -exec rm -rf {} +
find . -type f \( -name '*.a' -o -name '*.h' -o -name '*.pxd' -o -name '*.pyx' -o -name '*.pxi' \) -delete
rm -rf tensorflow/include tensorflow/xla_aot_runtime_src pyarrow/include pyarrow/src numpy/core/include \
  numpy/_core/include

# Arrow Flight, a network protocol; Arrow's own S3, since fsspec is used; TensorBoard's server; LiteRT on a graphics card.
rm -rf pyarrow/*flight* pyarrow/*s3* pyarrow/_pyarrow_cpp_tests* tensorboard_data_server/bin \
  ai_edge_litert/libLiteRtWebGpuAccelerator.so
# Descriptions of three hundred cloud services; S3 and what signs in to it stay.
if [ -d botocore/data ]; then
  find botocore/data -mindepth 1 -maxdepth 1 -type d \
    ! -name s3 ! -name sts ! -name sso ! -name sso-oidc ! -name signin -exec rm -rf {} +
fi

# Symbols that only a debugger reads: 200 MB of TensorFlow's library. What auditwheel has patched breaks when stripped.
find . -name '*.so*' -type f ! -path '*.libs/*' ! -path './nvidia/*' -exec strip --strip-unneeded {} +

# Executables that install or compile things.
cd "$1"/bin
rm -f f2py* numpy-config cython* cygdb* wheel* activate* deactivate* pydoc*
