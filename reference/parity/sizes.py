"""The published architectures' sizes, and the same layouts small enough for a test."""

from types import SimpleNamespace

FULL = SimpleNamespace(
    latents=(4, 32, 128),
    part_latents=(4, 32, 128),  # of the parts' own records; the pipeline always makes a whole window
    frames=300,
    unet=dict(
        in_channels=4, out_channels=4, sample_size=64, block_out_channels=(320, 640, 1280, 1280), layers_per_block=2,
        attention_head_dim=8, norm_num_groups=32, cross_attention_dim=768,
    ),
    hint_channels=(16, 32, 96, 256),
    vae=dict(block_out_channels=(128, 256, 512, 512), layers_per_block=2, norm_num_groups=32, sample_size=512),
    clip_text_l=dict(
        vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
        max_position_embeddings=77, projection_dim=768, hidden_act="quick_gelu",
    ),
    clip_text_h=dict(
        vocab_size=49408, hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16,
        max_position_embeddings=77, projection_dim=1024, hidden_act="gelu",
    ),
    clip_image_h=dict(
        hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=16, image_size=224,
        patch_size=14, projection_dim=1024, hidden_act="gelu",
    ),
    vocoder=dict(
        num_mels=256, upsample_rates=(5, 4, 4, 2), upsample_kernel_sizes=(11, 8, 8, 4), upsample_initial_channel=512,
        resblock_kernel_sizes=(3, 7, 11), resblock_dilation_sizes=((1, 3, 5),) * 3,
    ),
)

# latents of 8 x 128 positions: 64 bands, and the 1024 columns of a whole window
TINY = SimpleNamespace(
    latents=(4, 8, 128),
    part_latents=(4, 8, 16),
    frames=40,
    unet=dict(
        in_channels=4, out_channels=4, sample_size=64, block_out_channels=(8, 8, 16, 16), layers_per_block=1,
        attention_head_dim=2, norm_num_groups=4, cross_attention_dim=16,
    ),
    hint_channels=(4, 4, 6, 8),
    vae=dict(block_out_channels=(4, 4, 8, 8), layers_per_block=1, norm_num_groups=2, sample_size=64),
    clip_text_l=dict(
        vocab_size=574, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=77, projection_dim=16, hidden_act="quick_gelu",
    ),
    clip_text_h=dict(
        vocab_size=574, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=77, projection_dim=12, hidden_act="gelu",
    ),
    clip_image_h=dict(
        hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, image_size=28, patch_size=14,
        projection_dim=12, hidden_act="gelu",
    ),
    vocoder=dict(
        num_mels=64, upsample_rates=(5, 4, 4, 2), upsample_kernel_sizes=(11, 8, 8, 4), upsample_initial_channel=32,
        resblock_kernel_sizes=(3, 5), resblock_dilation_sizes=((1, 3), (1, 2)),
    ),
)

SIZES = {"full": FULL, "tiny": TINY}
