/**
 * The structures of docker's own client, which templates see: field after field in their order, as `Name=JsonName:type`. Without a name of its own in JSON a field has
 * the same, without a type it is a text. `[]T` is a list, `map.T` a map, `ports.T` one by ports, `*T` a pointer; `int`, `bool`, `time`, `duration`, `any`, and names of structures.
 * Engine API 1.51.
 */
export const declared: Readonly<Record<string, string>> = {
  'container.InspectResponse': `ID=Id Created Path Args:[] State:*container.State Image ResolvConfPath HostnamePath HostsPath LogPath Name RestartCount:int Driver Platform MountLabel ProcessLabel AppArmorProfile
    ExecIDs:[] HostConfig:*container.HostConfig GraphDriver:storage.DriverData SizeRw:*int SizeRootFs:*int Mounts:[]container.MountPoint Config:*container.Config NetworkSettings:*container.NetworkSettings ImageManifestDescriptor:*any`,
  'container.State': 'Status Running:bool Paused:bool Restarting:bool OOMKilled:bool Dead:bool Pid:int ExitCode:int Error StartedAt FinishedAt Health:*container.Health',
  'container.Health': 'Status FailingStreak:int Log:[]*container.HealthcheckResult',
  'container.HealthcheckResult': 'Start:time End:time ExitCode:int Output',
  'container.MountPoint': 'Type Name Source Destination Driver Mode RW:bool Propagation',
  'container.Config': `Hostname Domainname User AttachStdin:bool AttachStdout:bool AttachStderr:bool ExposedPorts:ports.empty Tty:bool OpenStdin:bool StdinOnce:bool Env:[] Cmd:[] Healthcheck:*v1.HealthcheckConfig ArgsEscaped:bool
    Image Volumes:map.empty WorkingDir Entrypoint:[] NetworkDisabled:bool MacAddress OnBuild:[] Labels:map StopSignal StopTimeout:*int Shell:[]`,
  'v1.HealthcheckConfig': 'Test:[] Interval:duration Timeout:duration StartPeriod:duration StartInterval:duration Retries:int',
  empty: '',
  'container.HostConfig': `Binds:[] ContainerIDFile LogConfig:container.LogConfig NetworkMode PortBindings:ports.[]nat.PortBinding RestartPolicy:container.RestartPolicy AutoRemove:bool VolumeDriver VolumesFrom:[] ConsoleSize:[]int
    Annotations:map CapAdd:[] CapDrop:[] CgroupnsMode DNS=Dns:[] DNSOptions=DnsOptions:[] DNSSearch=DnsSearch:[] ExtraHosts:[] GroupAdd:[] IpcMode Cgroup Links:[] OomScoreAdj:int PidMode Privileged:bool PublishAllPorts:bool
    ReadonlyRootfs:bool SecurityOpt:[] StorageOpt:map Tmpfs:map UTSMode UsernsMode ShmSize:int Sysctls:map Runtime Isolation CPUShares=CpuShares:int Memory:int NanoCPUs=NanoCpus:int CgroupParent BlkioWeight:int
    BlkioWeightDevice:[]*blkiodev.WeightDevice BlkioDeviceReadBps:[]*blkiodev.ThrottleDevice BlkioDeviceWriteBps:[]*blkiodev.ThrottleDevice BlkioDeviceReadIOps:[]*blkiodev.ThrottleDevice
    BlkioDeviceWriteIOps:[]*blkiodev.ThrottleDevice CPUPeriod=CpuPeriod:int CPUQuota=CpuQuota:int CPURealtimePeriod=CpuRealtimePeriod:int CPURealtimeRuntime=CpuRealtimeRuntime:int CpusetCpus CpusetMems
    Devices:[]container.DeviceMapping DeviceCgroupRules:[] DeviceRequests:[]container.DeviceRequest KernelMemory:int KernelMemoryTCP:int MemoryReservation:int MemorySwap:int MemorySwappiness:*int OomKillDisable:*bool PidsLimit:*int
    Ulimits:[]*units.Ulimit CPUCount=CpuCount:int CPUPercent=CpuPercent:int IOMaximumIOps:int IOMaximumBandwidth:int Mounts:[]mount.Mount MaskedPaths:[] ReadonlyPaths:[] Init:*bool`,
  'container.LogConfig': 'Type Config:map',
  'container.RestartPolicy': 'Name MaximumRetryCount:int',
  'container.DeviceMapping': 'PathOnHost PathInContainer CgroupPermissions',
  'container.DeviceRequest': 'Driver Count:int DeviceIDs:[] Capabilities:[][] Options:map',
  'nat.PortBinding': 'HostIP=HostIp HostPort',
  'blkiodev.WeightDevice': 'Path Weight:int',
  'blkiodev.ThrottleDevice': 'Path Rate:int',
  'units.Ulimit': 'Name Hard:int Soft:int',
  'mount.Mount': 'Type Source Target ReadOnly:bool Consistency BindOptions:*mount.BindOptions VolumeOptions:*mount.VolumeOptions ImageOptions:*mount.ImageOptions TmpfsOptions:*mount.TmpfsOptions ClusterOptions:*empty',
  'mount.BindOptions': 'Propagation NonRecursive:bool CreateMountpoint:bool ReadOnlyNonRecursive:bool ReadOnlyForceRecursive:bool',
  'mount.VolumeOptions': 'NoCopy:bool Labels:map Subpath DriverConfig:*mount.Driver',
  'mount.ImageOptions': 'Subpath',
  'mount.Driver': 'Name Options:map',
  'mount.TmpfsOptions': 'SizeBytes:int Mode:int Options:[][]',
  'container.NetworkSettings': `Bridge SandboxID SandboxKey Ports:ports.[]nat.PortBinding HairpinMode:bool LinkLocalIPv6Address LinkLocalIPv6PrefixLen:int SecondaryIPAddresses:[]network.Address SecondaryIPv6Addresses:[]network.Address
    EndpointID Gateway GlobalIPv6Address GlobalIPv6PrefixLen:int IPAddress IPPrefixLen:int IPv6Gateway MacAddress Networks:map.*network.EndpointSettings`,
  'network.Address': 'Addr PrefixLen:int',
  'network.EndpointSettings': `IPAMConfig:*network.EndpointIPAMConfig Links:[] Aliases:[] MacAddress DriverOpts:map GwPriority:int NetworkID EndpointID Gateway IPAddress IPPrefixLen:int IPv6Gateway GlobalIPv6Address
    GlobalIPv6PrefixLen:int DNSNames:[]`,
  'network.EndpointIPAMConfig': 'IPv4Address IPv6Address LinkLocalIPs:[]',
  'storage.DriverData': 'Data:map Name',

  'image.InspectResponse': `ID=Id RepoTags:[] RepoDigests:[] Parent Comment Created Container ContainerConfig:*container.Config DockerVersion Author Config:*v1.DockerOCIImageConfig Architecture Variant Os OsVersion Size:int VirtualSize:int
    GraphDriver:storage.DriverData RootFS:image.RootFS Metadata:image.Metadata Descriptor:*any Manifests:[]any`,
  'v1.DockerOCIImageConfig': 'User ExposedPorts:ports.empty Env:[] Entrypoint:[] Cmd:[] Volumes:map.empty WorkingDir Labels:map StopSignal ArgsEscaped:bool Healthcheck:*v1.HealthcheckConfig OnBuild:[] Shell:[]',
  'image.RootFS': 'Type Layers:[]',
  'image.Metadata': 'LastTagTime:time',

  'network.Inspect': `Name ID=Id Created:time Scope Driver EnableIPv4:bool EnableIPv6:bool IPAM:network.IPAM Internal:bool Attachable:bool Ingress:bool ConfigFrom:network.ConfigReference ConfigOnly:bool
    Containers:map.network.EndpointResource Options:map Labels:map Peers:[]network.PeerInfo Services:map`,
  'network.IPAM': 'Driver Options:map Config:[]network.IPAMConfig',
  'network.IPAMConfig': 'Subnet IPRange Gateway AuxAddress=AuxiliaryAddresses:map',
  'network.ConfigReference': 'Network',
  'network.EndpointResource': 'Name EndpointID MacAddress IPv4Address IPv6Address',
  'network.PeerInfo': 'Name IP',

  'volume.Volume': 'ClusterVolume:*any CreatedAt Driver Labels:map Mountpoint Name Options:map Scope Status:map UsageData:*volume.UsageData',
  'volume.UsageData': 'RefCount:int Size:int',

  'events.Message': 'Status=status ID=id From=from Type Action Actor:events.Actor Scope=scope Time=time:int TimeNano=timeNano:int',
  'events.Actor': 'ID Attributes:map',

  'system.dockerInfo': `ID Containers:int ContainersRunning:int ContainersPaused:int ContainersStopped:int Images:int Driver DriverStatus:[][] SystemStatus:[][] Plugins:system.PluginsInfo MemoryLimit:bool SwapLimit:bool KernelMemory:bool
    KernelMemoryTCP:bool CPUCfsPeriod=CpuCfsPeriod:bool CPUCfsQuota=CpuCfsQuota:bool CPUShares:bool CPUSet:bool PidsLimit:bool IPv4Forwarding:bool Debug:bool NFd:int OomKillDisable:bool NGoroutines:int SystemTime LoggingDriver
    CgroupDriver CgroupVersion NEventsListener:int KernelVersion OperatingSystem OSVersion OSType Architecture IndexServerAddress RegistryConfig:*registry.ServiceConfig NCPU:int MemTotal:int GenericResources:[]any DockerRootDir
    HTTPProxy=HttpProxy HTTPSProxy=HttpsProxy NoProxy Name Labels:[] ExperimentalBuild:bool ServerVersion Runtimes:map.system.RuntimeWithStatus DefaultRuntime Swarm:swarm.Info LiveRestoreEnabled:bool Isolation InitBinary
    ContainerdCommit:system.Commit RuncCommit:system.Commit InitCommit:system.Commit SecurityOptions:[] ProductLicense DefaultAddressPools:[]system.NetworkAddressPool FirewallBackend:*system.FirewallInfo CDISpecDirs:[]
    DiscoveredDevices:[]system.DeviceInfo Containerd:*system.ContainerdInfo Warnings:[] ServerErrors:[] UserName ClientInfo:*system.clientInfo ClientErrors:[]`,
  'system.PluginsInfo': 'Volume:[] Network:[] Authorization:[] Log:[]',
  'system.Commit': 'ID Expected',
  'system.NetworkAddressPool': 'Base Size:int',
  'system.FirewallInfo': 'Driver Info:[][]',
  'system.DeviceInfo': 'Source ID',
  'system.ContainerdInfo': 'Address Namespaces:system.ContainerdNamespaces',
  'system.ContainerdNamespaces': 'Containers Plugins',
  'system.RuntimeWithStatus': 'Path=path Args=runtimeArgs:[] Type=runtimeType Options=options:map Status=status:map',
  'system.clientInfo': 'Debug:bool Platform:*any Version GitCommit GoVersion Os Arch BuildTime Context Plugins:[]any Warnings:[]',
  'registry.ServiceConfig': 'AllowNondistributableArtifactsCIDRs:[] AllowNondistributableArtifactsHostnames:[] InsecureRegistryCIDRs:[] IndexConfigs:map.*registry.IndexInfo Mirrors:[]',
  'registry.IndexInfo': 'Name Mirrors:[] Secure:bool Official:bool',
  'swarm.Info': 'NodeID NodeAddr LocalNodeState ControlAvailable:bool Error RemoteManagers:[]any Nodes:int Managers:int Cluster:*any Warnings:[]',

  'system.versionInfo': 'Client:system.clientVersion Server:*types.Version',
  'system.clientVersion': 'Platform:*system.platformInfo Version APIVersion=ApiVersion DefaultAPIVersion GitCommit GoVersion NodeVersion Os Arch BuildTime Context',
  'system.platformInfo': 'Name',
  'types.Version': 'Platform:system.platformInfo Components:[]types.ComponentVersion Version APIVersion=ApiVersion MinAPIVersion GitCommit GoVersion Os Arch KernelVersion Experimental:bool BuildTime',
  'types.ComponentVersion': 'Name Version Details:map',

  'context.contextWithTLSListing': 'Name Metadata Endpoints:map.any TLSMaterial:map.any Storage:context.StorageInfo',
  'context.StorageInfo': 'MetadataPath TLSPath',
};
