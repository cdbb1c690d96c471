// Internal Go types of pods, their volumes and claims, as field errors print
// them. Source: pkg/apis/core/types.go, declaration order.

import { GoStruct } from "../../runtime/go_text.ts";
import { type GoShape, goValue } from "./go_value.ts";
import { goTypes } from "./go_types.ts";
import { isEmpty, type Part, written } from "./part.ts";

const CONTAINER =
  `Name:s Image:s Command:n Args:n WorkingDir:s Ports:[ContainerPort] EnvFrom:[EnvFromSource]
  Env:[EnvVar] Resources:ResourceRequirements ResizePolicy:[ContainerResizePolicy] RestartPolicy:n
  RestartPolicyRules:[ContainerRestartRule] VolumeMounts:[VolumeMount] VolumeDevices:[VolumeDevice]
  LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle
  TerminationMessagePath:s TerminationMessagePolicy:s ImagePullPolicy:s
  SecurityContext:*SecurityContext Stdin:b StdinOnce:b TTY=tty:b`;

const VOLUME_SOURCE =
  `HostPath:*HostPath EmptyDir:*EmptyDir GCEPersistentDisk=gcePersistentDisk:*GCEDisk
  AWSElasticBlockStore=awsElasticBlockStore:*AWSDisk GitRepo:*GitRepo Secret:*SecretSource
  NFS=nfs:*NFS ISCSI=iscsi:*ISCSI Glusterfs:*Glusterfs PersistentVolumeClaim:*ClaimSource
  RBD=rbd:*RBD Quobyte:*Quobyte FlexVolume:*FlexVolume Cinder:*Cinder CephFS=cephfs:*CephFS
  Flocker:*Flocker DownwardAPI=downwardAPI:*DownwardAPI FC=fc:*FC AzureFile:*AzureFile
  ConfigMap:*ConfigMapSource VsphereVolume:*Vsphere AzureDisk:*AzureDisk
  PhotonPersistentDisk:*Photon Projected:*Projected PortworxVolume:*Portworx ScaleIO=scaleIO:*ScaleIO
  StorageOS=storageos:*StorageOS CSI=csi:*CSI Ephemeral:*Ephemeral Image:*Image`;

const HANDLER = "Exec:*Exec HTTPGet=httpGet:*HTTPGet TCPSocket=tcpSocket:*TCPSocket";

const struct = goTypes({
  Container: CONTAINER,
  EphemeralContainer: `${CONTAINER} TargetContainerName:s`,
  ContainerPort: "Name:s HostPort:i ContainerPort:i Protocol:s HostIP:s",
  EnvFromSource: "Prefix:s ConfigMapRef:*OptionalRef SecretRef:*OptionalRef",
  OptionalRef: "Name:s Optional:n",
  EnvVar: "Name:s Value:s ValueFrom:*EnvVarSource",
  EnvVarSource: `FieldRef:*FieldRef ResourceFieldRef:*ResourceFieldRef ConfigMapKeyRef:*KeyRef
    SecretKeyRef:*KeyRef FileKeyRef:*FileKeyRef`,
  FieldRef: "APIVersion=apiVersion:s FieldPath:s",
  ResourceFieldRef: "ContainerName:s Resource:s Divisor:s",
  KeyRef: "Name:s Key:s Optional:n",
  FileKeyRef: "VolumeName:s Path:s Key:s Optional:n",
  ResourceRequirements: "Limits:m Requests:m Claims:[ResourceClaim]",
  ResourceClaim: "Name:s Request:s",
  ContainerResizePolicy: "ResourceName:s RestartPolicy:s",
  ContainerRestartRule: "Action:s ExitCodes:*RestartRuleExitCodes",
  RestartRuleExitCodes: "Operator:s Values:n",
  VolumeMount: `Name:s ReadOnly:b RecursiveReadOnly:n MountPath:s SubPath:s MountPropagation:n
    SubPathExpr:s`,
  VolumeDevice: "Name:s DevicePath:s",
  Probe: `${HANDLER} GRPC=grpc:*GRPC InitialDelaySeconds:i TimeoutSeconds:i PeriodSeconds:i
    SuccessThreshold:i FailureThreshold:i TerminationGracePeriodSeconds:n`,
  Lifecycle: "PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal:n",
  LifecycleHandler: `${HANDLER} Sleep:*Sleep`,
  Exec: "Command:n",
  HTTPGet: "Path:s Port:i Host:s Scheme:s HTTPHeaders=httpHeaders:[HTTPHeader]",
  HTTPHeader: "Name:s Value:s",
  TCPSocket: "Port:i Host:s",
  GRPC: "Port:i Service:n",
  Sleep: "Seconds:i",
  SecurityContext: `Capabilities:*Capabilities Privileged:n SELinuxOptions=seLinuxOptions:*SELinux
    WindowsOptions:*Windows RunAsUser:n RunAsGroup:n RunAsNonRoot:n ReadOnlyRootFilesystem:n
    AllowPrivilegeEscalation:n ProcMount:n SeccompProfile:*Profile AppArmorProfile:*Profile`,
  Capabilities: "Add:n Drop:n",
  SELinux: "User:s Role:s Type:s Level:s",
  Windows: `GMSACredentialSpecName=gmsaCredentialSpecName:n GMSACredentialSpec=gmsaCredentialSpec:n
    RunAsUserName:n HostProcess:n`,
  Profile: "Type:s LocalhostProfile:n",
  PodSpec: `Volumes:[Volume] InitContainers:[Container] Containers:[Container]
    EphemeralContainers:[EphemeralContainer] RestartPolicy:s TerminationGracePeriodSeconds:n
    ActiveDeadlineSeconds:n DNSPolicy=dnsPolicy:s NodeSelector:m ServiceAccountName:s
    AutomountServiceAccountToken:n NodeName:s SecurityContext:*PodSecurityContext
    ImagePullSecrets:[NameRef] Hostname:s Subdomain:s SetHostnameAsFQDN:n Affinity:*Affinity
    SchedulerName:s Tolerations:[Toleration] HostAliases:[HostAlias] PriorityClassName:s Priority:n
    PreemptionPolicy:n DNSConfig=dnsConfig:*DNSConfig ReadinessGates:[ReadinessGate]
    RuntimeClassName:n Overhead:m EnableServiceLinks:n TopologySpreadConstraints:[Spread] OS=os:*Named
    SchedulingGates:[Named] ResourceClaims:[PodResourceClaim] Resources:*ResourceRequirements
    HostnameOverride:n SchedulingGroup:n`,
  PodSecurityContext: `HostNetwork:b HostPID:b HostIPC:b ShareProcessNamespace:n HostUsers:n
    SELinuxOptions=seLinuxOptions:*SELinux WindowsOptions:*Windows RunAsUser:n RunAsGroup:n
    RunAsNonRoot:n SupplementalGroups:n SupplementalGroupsPolicy:n FSGroup=fsGroup:n
    FSGroupChangePolicy=fsGroupChangePolicy:n Sysctls:[NameValue] SeccompProfile:*Profile
    AppArmorProfile:*Profile SELinuxChangePolicy=seLinuxChangePolicy:n`,
  NameRef: "Name:s",
  Named: "Name:s",
  NameValue: "Name:s Value:s",
  Affinity: "NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAffinity",
  NodeAffinity: `RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector
    PreferredDuringSchedulingIgnoredDuringExecution:[PreferredTerm]`,
  NodeSelector: "NodeSelectorTerms:[NodeSelectorTerm]",
  NodeSelectorTerm: "MatchExpressions:[Requirement] MatchFields:[Requirement]",
  Requirement: "Key:s Operator:s Values:n",
  PreferredTerm: "Weight:i Preference:NodeSelectorTerm",
  PodAffinity: `RequiredDuringSchedulingIgnoredDuringExecution:[PodTerm]
    PreferredDuringSchedulingIgnoredDuringExecution:[WeightedPodTerm]`,
  WeightedPodTerm: "Weight:i PodAffinityTerm:PodTerm",
  PodTerm: `LabelSelector:l Namespaces:n TopologyKey:s NamespaceSelector:l MatchLabelKeys:n
    MismatchLabelKeys:n`,
  Toleration: "Key:s Operator:s Value:s Effect:s TolerationSeconds:n",
  HostAlias: "IP=ip:s Hostnames:n",
  DNSConfig: "Nameservers:n Searches:n Options:[DNSOption]",
  DNSOption: "Name:s Value:n",
  ReadinessGate: "ConditionType:s",
  Spread: `MaxSkew:i TopologyKey:s WhenUnsatisfiable:s LabelSelector:l MinDomains:n
    NodeAffinityPolicy:n NodeTaintsPolicy:n MatchLabelKeys:n`,
  PodResourceClaim: "Name:s ResourceClaimName:n ResourceClaimTemplateName:n",
  Volume: `Name:s ${VOLUME_SOURCE}`,
  VolumeSource: VOLUME_SOURCE,
  HostPath: "Path:s Type:n",
  EmptyDir: "Medium:s SizeLimit:n",
  GCEDisk: "PDName=pdName:s FSType=fsType:s Partition:i ReadOnly:b",
  AWSDisk: "VolumeID:s FSType=fsType:s Partition:i ReadOnly:b",
  GitRepo: "Repository:s Revision:s Directory:s",
  SecretSource: "SecretName:s Items:[KeyToPath] DefaultMode:n Optional:n",
  KeyToPath: "Key:s Path:s Mode:n",
  NFS: "Server:s Path:s ReadOnly:b",
  ISCSI: `TargetPortal:s IQN=iqn:s Lun:i ISCSIInterface=iscsiInterface:s FSType=fsType:s ReadOnly:b
    Portals:n DiscoveryCHAPAuth=chapAuthDiscovery:b SessionCHAPAuth=chapAuthSession:b
    SecretRef:*NameRef InitiatorName:n`,
  Glusterfs: "EndpointsName=endpoints:s Path:s ReadOnly:b",
  ClaimSource: "ClaimName:s ReadOnly:b",
  RBD: `CephMonitors=monitors:n RBDImage=image:s FSType=fsType:s RBDPool=pool:s RadosUser=user:s
    Keyring:s SecretRef:*NameRef ReadOnly:b`,
  Quobyte: "Registry:s Volume:s ReadOnly:b User:s Group:s Tenant:s",
  FlexVolume: "Driver:s FSType=fsType:s SecretRef:*NameRef ReadOnly:b Options:m",
  Cinder: "VolumeID:s FSType=fsType:s ReadOnly:b SecretRef:*NameRef",
  CephFS: "Monitors:n Path:s User:s SecretFile:s SecretRef:*NameRef ReadOnly:b",
  Flocker: "DatasetName:s DatasetUUID:s",
  DownwardAPI: "Items:[DownwardFile] DefaultMode:n",
  DownwardFile: "Path:s FieldRef:*FieldRef ResourceFieldRef:*ResourceFieldRef Mode:n",
  FC: "TargetWWNs=targetWWNs:n Lun:n FSType=fsType:s ReadOnly:b WWIDs=wwids:n",
  AzureFile: "SecretName:s ShareName:s ReadOnly:b",
  ConfigMapSource: "Name:s Items:[KeyToPath] DefaultMode:n Optional:n",
  Vsphere: "VolumePath:s FSType=fsType:s StoragePolicyName:s StoragePolicyID:s",
  AzureDisk: "DiskName:s DataDiskURI=diskURI:s CachingMode:n FSType=fsType:n ReadOnly:n Kind:n",
  Photon: "PdID=pdID:s FSType=fsType:s",
  Projected: "Sources:[Projection] DefaultMode:n",
  Projection: `Secret:*OptionalItems DownwardAPI=downwardAPI:*DownwardItems
    ConfigMap:*OptionalItems ServiceAccountToken:*TokenProjection
    ClusterTrustBundle:*TrustProjection PodCertificate:*CertificateProjection`,
  OptionalItems: "Name:s Items:[KeyToPath] Optional:n",
  DownwardItems: "Items:[DownwardFile]",
  TokenProjection: "Audience:s ExpirationSeconds:i Path:s",
  TrustProjection: "Name:n SignerName:n LabelSelector:l Optional:n Path:s",
  CertificateProjection: `SignerName:s KeyType:s MaxExpirationSeconds:n CredentialBundlePath:s
    KeyPath:s CertificateChainPath:s UserAnnotations:m`,
  Portworx: "VolumeID:s FSType=fsType:s ReadOnly:b",
  ScaleIO: `Gateway:s System:s SecretRef:*NameRef SSLEnabled=sslEnabled:b ProtectionDomain:s
    StoragePool:s StorageMode:s VolumeName:s FSType=fsType:s ReadOnly:b`,
  StorageOS: "VolumeName:s VolumeNamespace:s FSType=fsType:s ReadOnly:b SecretRef:*NameRef",
  CSI: "Driver:s ReadOnly:n FSType=fsType:n VolumeAttributes:m NodePublishSecretRef:*NameRef",
  Ephemeral: "VolumeClaimTemplate:*ClaimTemplate",
  ClaimTemplate: "metadata:n Spec:ClaimSpec",
  ClaimSpec: `AccessModes:n Selector:l Resources:VolumeRequirements VolumeName:s StorageClassName:n
    VolumeMode:n DataSource:*TypedRef DataSourceRef:*TypedObjectRef VolumeAttributesClassName:n`,
  VolumeRequirements: "Limits:m Requests:m",
  TypedRef: "APIGroup=apiGroup:n Kind:s Name:s",
  TypedObjectRef: "APIGroup=apiGroup:n Kind:s Name:s Namespace:n",
  Image: "Reference:s PullPolicy:s",
  PersistentVolumeSource: `GCEPersistentDisk=gcePersistentDisk:*GCEDisk
    AWSElasticBlockStore=awsElasticBlockStore:*AWSDisk HostPath:*HostPath Glusterfs:*PVGlusterfs
    NFS=nfs:*NFS RBD=rbd:*PVRBD Quobyte:*Quobyte ISCSI=iscsi:*PVISCSI FlexVolume:*PVFlexVolume
    Cinder:*PVCinder CephFS=cephfs:*PVCephFS FC=fc:*FC Flocker:*Flocker AzureFile:*PVAzureFile
    VsphereVolume:*Vsphere AzureDisk:*AzureDisk PhotonPersistentDisk:*Photon
    PortworxVolume:*Portworx ScaleIO=scaleIO:*PVScaleIO Local:*Local StorageOS=storageos:*PVStorageOS
    CSI=csi:*PVCSI`,
  SecretRef: "Name:s Namespace:s",
  PVGlusterfs: "EndpointsName=endpoints:s Path:s ReadOnly:b EndpointsNamespace:n",
  PVRBD: `CephMonitors=monitors:n RBDImage=image:s FSType=fsType:s RBDPool=pool:s RadosUser=user:s
    Keyring:s SecretRef:*SecretRef ReadOnly:b`,
  PVISCSI: `TargetPortal:s IQN=iqn:s Lun:i ISCSIInterface=iscsiInterface:s FSType=fsType:s
    ReadOnly:b Portals:n DiscoveryCHAPAuth=chapAuthDiscovery:b SessionCHAPAuth=chapAuthSession:b
    SecretRef:*SecretRef InitiatorName:n`,
  PVFlexVolume: "Driver:s FSType=fsType:s SecretRef:*SecretRef ReadOnly:b Options:m",
  PVCinder: "VolumeID:s FSType=fsType:s ReadOnly:b SecretRef:*SecretRef",
  PVCephFS: "Monitors:n Path:s User:s SecretFile:s SecretRef:*SecretRef ReadOnly:b",
  PVAzureFile: "SecretName:s ShareName:s ReadOnly:b SecretNamespace:n",
  PVScaleIO: `Gateway:s System:s SecretRef:*SecretRef SSLEnabled=sslEnabled:b ProtectionDomain:s
    StoragePool:s StorageMode:s VolumeName:s FSType=fsType:s ReadOnly:b`,
  Local: "Path:s FSType=fsType:n",
  PVStorageOS: "VolumeName:s VolumeNamespace:s FSType=fsType:s ReadOnly:b SecretRef:*ObjectRef",
  ObjectRef: `Kind:s Namespace:s Name:s UID=uid:s APIVersion=apiVersion:s ResourceVersion:s
    FieldPath:s`,
  PVCSI: `Driver:s VolumeHandle:s ReadOnly:b FSType=fsType:s VolumeAttributes:m
    ControllerPublishSecretRef:*SecretRef NodeStageSecretRef:*SecretRef
    NodePublishSecretRef:*SecretRef ControllerExpandSecretRef:*SecretRef
    NodeExpandSecretRef:*SecretRef`,
});

/** core.SeccompProfile. */
export const goSeccompProfile: GoShape = struct("Profile");
/** core.SecurityContext. */
export const goSecurityContext: GoShape = struct("SecurityContext");
/** core.EphemeralContainer. */
export const goEphemeralContainer: GoShape = struct("EphemeralContainer");
/** core.PodResourceClaim. */
export const goPodResourceClaim: GoShape = struct("PodResourceClaim");
/** core.PersistentVolumeClaimSpec. */
export const goClaimSpec: GoShape = struct("ClaimSpec");
/** core.PersistentVolumeSource, read from a PersistentVolume's spec. */
export const goPersistentVolumeSource: GoShape = struct("PersistentVolumeSource");
/** The terms of a core.NodeSelector, which may have been given as an empty list. */
export function goNodeSelectorTerms(selector: Part): unknown {
  const printed = goValue(selector, struct("NodeSelector")) as { NodeSelectorTerms: unknown };
  return printed.NodeSelectorTerms ?? written(selector, "nodeSelectorTerms");
}
/** core.NodeSelector. */
export const goNodeSelector: GoShape = struct("NodeSelector");
/** core.NodeAffinity. */
export const goNodeAffinity: GoShape = struct("NodeAffinity");

/** A pod spec as core.PodSpec: the host's namespaces are part of the security context there. */
export function goPodSpec(spec: Part): unknown {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } = spec;
  const context = { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers };
  return goValue(
    { ...spec, securityContext: { ...context, ...spec.securityContext } },
    struct("PodSpec"),
  );
}

/** The members of ObjectMeta that a template can have, in their order. */
const TEMPLATE_METADATA = [
  "name",
  "generateName",
  "namespace",
  "labels",
  "annotations",
  "ownerReferences",
  "finalizers",
];

/** A pod template as core.PodTemplateSpec: its metadata has JSON names and stands in the object itself. */
export function goPodTemplateSpec(template: Part): unknown {
  const printed = goTemplateMetadata(template);
  printed.Spec = goPodSpec(template.spec ?? {});
  return printed;
}

/** The metadata of a template, which has JSON names, as members of a new struct. */
export function goTemplateMetadata(template: Part): GoStruct {
  const printed = new GoStruct();
  for (const name of TEMPLATE_METADATA) {
    if (!isEmpty(template.metadata?.[name])) printed[name] = template.metadata[name];
  }
  return printed;
}
